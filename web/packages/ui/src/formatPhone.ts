const NORTH_AMERICAN = /^\+1(\d{3})(\d{3})(\d{4})$/;

/** A phone number (E.164) in groups, as people read it; those of other countries stay as they are. */
export const formatPhone = (phone: string): string => phone.replace(NORTH_AMERICAN, "+1\u00a0$1\u00a0$2\u00a0$3");
