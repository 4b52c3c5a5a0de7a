import type { components } from "@supportcarr/client/api";

type Schemas = components["schemas"];

export type AuditEntry = Schemas["AuditEntry"];
export type CreatedKey = Schemas["CreatedKeyView"];
export type ClockReading = Schemas["ClockReading"];
export type DriverRow = Schemas["DriverOut"];
/** What the background or the identity check has found. */
export type DriverCheck = Schemas["CheckOut"];
export type DocumentReview = Schemas["DocumentReviewIn"];
export type DriverRatings = Schemas["OwnRatingsView"];
export type DriverPosition = Schemas["DriverPoint"];
export type MapView = Schemas["MapView"];
export type NewKey = Schemas["NewKey"];
export type Offer = Schemas["OfferOut"];
export type Overview = Schemas["Overview"];
export type Partner = Schemas["PartnerView"];
export type PartnerKey = Schemas["KeyView"];
export type RatingReview = Schemas["ReviewedRating"];
export type Refusal = Schemas["RefusalIn"];
export type RescueDetails = Schemas["AdminRescueView"];
export type RescuePhoto = Schemas["PhotoView"];
export type RescueRow = Schemas["RescueRow"];
export type Waiting = Schemas["WaitingOut"];
export type Vehicle = Schemas["VehicleOut"];
export type UserView = Schemas["AdminUserView"];
export type ReviewDocument = Schemas["DocumentOut"];
export type Shift = Schemas["ShiftOut"];
export type TimelineEntry = Schemas["TimelineView"];
