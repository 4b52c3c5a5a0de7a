// The Mongoose models: what the service stores, with its types and indexes.
import mongoose, { Schema } from "mongoose";

const part = (fields) => new Schema(fields, { _id: false, id: false });

/** Ids are our own strings; `version` counts the changes of a document, and is its ETag. */
const collection = (name, fields) =>
  new Schema({ _id: String, version: { type: Number, default: 1 }, ...fields }, { collection: name, versionKey: false, id: false });

const point = part({ lat: Number, lng: Number, address: String });
const actor = part({ role: String, id: String });

const user = collection("users", {
  phone: String,
  phone_key: { type: String, unique: true, sparse: true },
  name: String,
  password_hash: String,
  roles: [String],
  created_at: Date,
});

const session = collection("sessions", {
  user_id: { type: String, index: true },
  token_hash: String,
  created_at: Date,
  expires_at: { type: Date, index: true },
  ended_at: Date,
});

const rescue = collection("rescuerequests", {
  region: String,
  area_id: String,
  status: { type: String, index: true },
  rider_id: { type: String, index: true },
  driver_id: { type: String, index: true },
  quote: part({
    id: String,
    kind: String,
    problem: String,
    pickup: point,
    dropoff: point,
    area_id: String,
    region: String,
    items: [part({ code: String, label: String, amount_minor: Number })],
    total_minor: Number,
    before_promo_minor: Number,
    currency: String,
    eta_seconds: Number,
    distance_m: Number,
    duration_s: Number,
    fees: Schema.Types.Mixed,
  }),
  payment_method_id: String,
  pin: String,
  note: String,
  reason: String,
  scheduled_for: Date,
  queued_behind: String,
  created_at: Date,
  timeline: [part({ at: Date, from: String, to: String, actor, version: Number, reason: String })],
  eta_seconds: Number,
  offers: [String],
  matching_entry: Number,
  accepted_at: Date,
  arrived_at: Date,
  owed: Schema.Types.Mixed,
  payment: part({ status: String, captured_minor: Number, refunded_minor: Number }),
});

const driverProfile = collection("driverprofiles", {
  approval: String,
  application: part({ licence_class: String, insurer: String, applied_at: Date }),
  vehicle_ids: [String],
  vehicle_id: String,
  online: Boolean,
  created_at: Date,
});

const vehicle = collection("vehicles", {
  driver_id: { type: String, index: true },
  type: { type: String },
  make: String,
  model: String,
  colour: String,
  plate: String,
  bed_length_cm: Number,
  capacity: Number,
  ramp: Boolean,
  tie_downs: Number,
  seats: Number,
  created_at: Date,
});

const rosterEntry = collection("roster", {
  approved: Boolean,
  online: Boolean,
  vehicle_id: String,
  standing_version: Number,
  offer: Schema.Types.Mixed,
  job: Schema.Types.Mixed,
  claim_until: { type: Date, index: true },
  busy_area: { type: String, index: true },
});

const liveJob = collection("livejobs", {
  rescue_id: String,
  rescue_version: Number,
  rider_id: String,
  area_id: String,
  since: Date,
  pickup: point,
  dropoff: point,
  loaded: Boolean,
  ended_at: Date,
});

const area = collection("areas", {
  name: String,
  region: String,
  timezone: String,
  tariff_id: String,
  boundary: [[Number]],
});

/** A message holds its event until that has been relayed: one insert stores both, without a transaction. */
const message = collection("messages", {
  rescue_id: String,
  sender: actor,
  text: String,
  at: Date,
  outbox: part({ id: String, name: String, at: String, streams: [String], data: String, saved_at: Date }),
});
message.index({ rescue_id: 1, _id: 1 });
message.index({ "outbox.saved_at": 1 }, { sparse: true });

const trail = new Schema(
  { rescue_id: { type: String, index: true }, driver_id: String, began_at: String, points: [Schema.Types.Mixed] },
  { collection: "trails", versionKey: false },
);

export const Message = mongoose.model("Message", message);
export const Trail = mongoose.model("Trail", trail);

/** By the name of the collection. */
export const MODELS = {
  users: mongoose.model("User", user),
  sessions: mongoose.model("Session", session),
  rescuerequests: mongoose.model("Rescue", rescue),
  driverprofiles: mongoose.model("DriverProfile", driverProfile),
  vehicles: mongoose.model("Vehicle", vehicle),
  roster: mongoose.model("RosterEntry", rosterEntry),
  livejobs: mongoose.model("LiveJob", liveJob),
  areas: mongoose.model("Area", area),
};

/** Connect; a write is acknowledged by the majority, as SupportCarr's are. */
export const connect = (url) => mongoose.connect(url, { w: "majority", autoIndex: false });
