/** The number of fire service, police and ambulance where we drive (Canada and the United States). */
export const EMERGENCY_NUMBER = "911";
