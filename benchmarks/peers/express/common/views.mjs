// What the API shows of documents, and to whom.

const OPERATORS = ["admin", "support"];

/** What GET /me shows. */
export const accountView = ({ id, phone, name, roles, created_at }) => ({ id, phone, name, roles, created_at });

/** The person's role in a rescue; undefined if it is none of their business. */
export function roleIn(rescue, who) {
  if (who.userId === rescue.rider_id && who.roles.includes("rider")) return "rider";
  if (who.userId === rescue.driver_id && who.roles.includes("driver")) return "driver";
  return OPERATORS.find((role) => who.roles.includes(role));
}

/** `+1 514 ••• ••42` (North American numbers). */
const masked = (e164) => `+1 ${e164.slice(2, 5)} ••• ••${e164.slice(-2)}`;

/** A rescue for that role; `driver` and `vehicle` are undefined while nobody is assigned. */
export function rescueView(rescue, role, { rider, driver, vehicle }) {
  const { quote, payment } = rescue;
  return {
    id: rescue.id,
    status: rescue.status,
    version: rescue.version,
    kind: quote.kind,
    problem: quote.problem ?? null,
    pickup: quote.pickup,
    dropoff: quote.dropoff,
    quote: { id: quote.id, items: quote.items, total_minor: quote.total_minor, currency: quote.currency },
    price_minor: rescue.owed?.rider_minor,
    area_id: rescue.area_id,
    created_at: rescue.created_at,
    scheduled_for: rescue.scheduled_for,
    reason: rescue.reason,
    note: rescue.note,
    rider: { id: rider.id, name: rider.name, phone_masked: masked(rider.phone) },
    driver: driver && driverView(driver, vehicle),
    eta_seconds: rescue.eta_seconds,
    queued_behind: rescue.queued_behind,
    pin: role === "rider" ? rescue.pin : undefined,
    payment: {
      status: payment.status,
      captured_minor: payment.captured_minor ?? 0,
      refunded_minor: payment.refunded_minor ?? 0,
    },
  };
}

const driverView = ({ id, name }, { make, model, colour, plate }) => ({
  id,
  name,
  rating: null,
  vehicle: { make, model, colour, plate },
});
