import type { components } from "@supportcarr/client/api";

export type { Message, Page, Photo, PhotoStage } from "@supportcarr/phone-app/api/types";

type Schemas = components["schemas"];

export type Bike = Schemas["BikeView"];
export type BikeForm = Schemas["NewBike"];
export type BikeType = Bike["type"];
export type Cancellation = Schemas["CancellationView"];
export type ClockReading = Schemas["ClockReading"];
export type Coverage = Schemas["CoverageView"];
export type Driver = Schemas["DriverView"];
export type PaymentAuthentication = Schemas["PaymentAuthentication"];
export type PaymentMethod = Schemas["PaymentMethodView"];
export type CardSetup = Schemas["CardSetupView"];
export type Place = Schemas["Place"];
export type PriceItem = Schemas["PriceItem"];
export type Quote = Schemas["supportcarr.pricing.schemas.QuoteView"];
export type QuoteRequest = Schemas["RequestQuote"];
export type Problem = NonNullable<QuoteRequest["problem"]>;
export type JobKind = QuoteRequest["kind"];
export type BatteryAnswers = Schemas["BatteryAnswers"];
export type OwnRatings = Schemas["OwnRatingsView"];
export type Rating = Schemas["RatingView"];
export type RatingForm = Schemas["RateBody"];
export type Rescue = Schemas["RescueView"];
export type RescueStatus = Rescue["status"];
export type RescueRatings = Schemas["RescueRatingsView"];
export type ShareLink = Schemas["ShareLinkView"];
export type SavedPlace = Schemas["PlaceView"];
export type SavedPlaceForm = Schemas["NewPlace"];
export type TimelineEntry = Schemas["TimelineView"];
