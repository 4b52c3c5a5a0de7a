import type { components } from "@supportcarr/client/api";

type Schemas = components["schemas"];

export type AuditEntry = Schemas["AuditEntry"];
export type CreatedKey = Schemas["CreatedKeyView"];
export type ClockReading = Schemas["ClockReading"];
export type DriverRow = Schemas["DriverOut"] & { uploaded_documents?: ReviewDocument[] | null; checks?: DriverCheck[] };
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
export type Vehicle = Schemas["VehicleOut"];
export type UserView = Schemas["AdminUserView"];
export type Shift = Schemas["ShiftOut"];
export type TimelineEntry = Schemas["TimelineView"];

/** One upload of a document; the links work for five minutes. */
export interface ReviewDocument {
  id: string;
  kind: "licence" | "insurance" | "registration" | "vehicle_photo" | "profile_photo";
  state: "pending" | "approved" | "rejected" | "expired";
  vehicle_id: string | null;
  number: string | null;
  expires_on: string | null;
  reason: string | null;
  uploaded_at: string;
  reviewed_at: string | null;
  files: { id: string; state: string; content_type: string; url: string | null; preview_url: string | null; thumbnail_url: string | null }[];
}

export interface DocumentReview {
  decision: "approve" | "reject";
  reason?: string;
}

/** What the background or the identity check has found. */
export interface DriverCheck {
  kind: string;
  outcome: string;
  detail: string | null;
  at: string;
}
