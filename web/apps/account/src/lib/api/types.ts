import type { components } from "@supportcarr/client/api";

type Schemas = components["schemas"];

export type AccountChange = Schemas["ChangeAccount"];
export type Bike = Schemas["BikeView"];
export type BikeForm = Schemas["NewBike"];
export type DriverApplication = Schemas["ApplicationOut"];
export type DriverStatement = Schemas["ApplicationIn"];
export type OwnRatings = Schemas["OwnRatingsView"];
export type Rating = Schemas["RatingView"];
export type RatingForm = Schemas["RateBody"];
export type RescueRatings = Schemas["RescueRatingsView"];
export type Rescue = Schemas["RescueView"];
export type SavedPlace = Schemas["PlaceView"];
export type SavedPlaceForm = Schemas["NewPlace"];
export type Vehicle = Schemas["VehicleOut"];
export type VehicleForm = Schemas["VehicleIn"];
