import type { components } from "@supportcarr/client/api";

export type { Message, Page, Photo, PhotoStage } from "@supportcarr/phone-app/api/types";

type Schemas = components["schemas"];

export type Availability = Schemas["AvailabilityOut"];
export type AvailabilityWish = Schemas["AvailabilityIn"];
export type ClockReading = Schemas["ClockReading"];
export type DaySummary = Schemas["DaySummary"];
export type DocumentForm = Schemas["DocumentIn"];
export type DocumentKind = DriverDocument["kind"];
export type DriverApplication = Schemas["ApplicationOut"];
export type DriverDocument = Schemas["DocumentOut"];
export type DriverStatement = Schemas["ApplicationIn"];
export type Earning = Schemas["Earning"];
export type Offer = Schemas["OfferOut"];
export type OwnRatings = Schemas["OwnRatingsView"];
export type Place = Schemas["Place"];
export type PositionReport = Schemas["PositionIn"];
export type PositionResult = Schemas["PositionsOut"];
export type RatingForm = Schemas["RateBody"];
export type Rescue = Schemas["RescueView"];
export type RescueRatings = Schemas["RescueRatingsView"];
export type RescueStatus = Rescue["status"];
export type Shift = Schemas["ShiftOut"];
export type TimelineEntry = Schemas["TimelineView"];
export type Vehicle = Schemas["VehicleOut"];
export type VehicleForm = Schemas["VehicleIn"];
