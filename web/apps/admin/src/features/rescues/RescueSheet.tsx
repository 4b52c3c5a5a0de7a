import { Badge } from "@supportcarr/ui/Badge";
import { QueryState } from "@supportcarr/ui/QueryState";
import { Sheet } from "@supportcarr/ui/Sheet";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { rescueQueries } from "../../lib/api/rescues.ts";
import type { Offer, RescueDetails } from "../../lib/api/types.ts";
import { useTimeOfDay } from "../../lib/area.ts";
import { useCityStore } from "../../lib/cityStore.ts";
import { formatDuration, formatKilometres, formatMoney, shortId } from "../../lib/format.ts";
import { APPROACHING_STATUSES, describeStatus } from "../../lib/rescueStatus.ts";
import { describeCode, texts } from "../../lib/texts.ts";
import { RescuePhotos } from "./RescuePhotos.tsx";
import { Timeline } from "./Timeline.tsx";

const text = texts.rescue;

/** The details of one rescue beside the map. */
export function RescueSheet({ rescueId, onClose }: { rescueId: string; onClose: () => void }) {
  return (
    <Sheet title={text.title(shortId(rescueId))} closeLabel={texts.close} onClose={onClose}>
      <RescueContent rescueId={rescueId} />
    </Sheet>
  );
}

function RescueContent({ rescueId }: { rescueId: string }) {
  const details = useQuery(rescueQueries.detail(rescueId));
  return (
    <QueryState query={details} failed={(status) => (status === 404 ? text.notFound : text.loadFailed)} loading={<p className="text-(--muted)">{texts.loading}</p>}>
      {(data) => <Details details={data} />}
    </QueryState>
  );
}

function Details({ details }: { details: RescueDetails }) {
  const timeOfDay = useTimeOfDay();
  const { rescue, payment } = details;
  const { label, tone } = describeStatus(rescue.status);
  const { currency, items, total_minor } = rescue.quote;
  return (
    <div className="space-y-6 text-sm">
      <div className="flex items-center justify-between">
        <Badge tone={tone}>{label}</Badge>
        <span className="text-lg font-semibold tabular-nums">{formatMoney(rescue.price_minor ?? total_minor, currency)}</span>
      </div>
      <dl className="grid grid-cols-[6rem_1fr] gap-y-2">
        <Field name={text.fields.problem}>{describeCode(rescue.problem ?? rescue.kind)}</Field>
        {rescue.reason ? <Field name={text.fields.reason}>{describeCode(rescue.reason)}</Field> : null}
        {rescue.note ? <Field name={text.fields.note}>{rescue.note}</Field> : null}
        <Field name={text.fields.requested}>
          <time dateTime={rescue.created_at}>{timeOfDay(rescue.created_at)}</time>
        </Field>
        <Field name={text.fields.rider}>
          {rescue.rider.name} <Muted>{rescue.rider.phone_masked}</Muted>
        </Field>
        <Field name={text.fields.driver}>{rescue.driver ? <DriverName driver={rescue.driver} /> : <Muted>{text.noDriver}</Muted>}</Field>
        {APPROACHING_STATUSES.has(rescue.status) ? <Eta rescueId={rescue.id} initialEta={rescue.eta_seconds ?? null} /> : null}
        <Field name={text.fields.payment}>
          {[
            describeCode(rescue.payment.status),
            rescue.payment.captured_minor ? text.captured(formatMoney(rescue.payment.captured_minor, currency)) : "",
            rescue.payment.refunded_minor ? text.refunded(formatMoney(rescue.payment.refunded_minor, currency)) : "",
            payment?.failure ? describeCode(payment.failure) : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </Field>
        <Field name={text.fields.messages}>{details.messages}</Field>
      </dl>
      <Section title={text.timeline}>
        <Timeline entries={details.timeline} />
      </Section>
      <Section title={text.photos.title}>
        <RescuePhotos rescueId={rescue.id} />
      </Section>
      <Section title={text.price}>
        <dl className="space-y-1">
          {items.map((item) => (
            <Amount key={item.code} name={item.label} amount={formatMoney(item.amount_minor, currency)} />
          ))}
          <Amount name={text.total} amount={formatMoney(total_minor, currency)} strong />
          {typeof rescue.price_minor === "number" && rescue.price_minor !== total_minor ? (
            <Amount name={text.amountDue} amount={formatMoney(rescue.price_minor, currency)} strong />
          ) : null}
        </dl>
      </Section>
      <Section title={text.offers(details.offers.length)}>
        {details.offers.length === 0 ? <Muted>{text.noOffers}</Muted> : null}
        <ol className="space-y-2">
          {details.offers.map((offer) => (
            <OfferItem key={offer.id} offer={offer} />
          ))}
        </ol>
      </Section>
    </div>
  );
}

function DriverName({ driver: { name, vehicle } }: { driver: NonNullable<RescueDetails["rescue"]["driver"]> }) {
  return (
    <>
      {name}{" "}
      <Muted>
        {vehicle.colour} {vehicle.make} {vehicle.model} · {vehicle.plate}
      </Muted>
    </>
  );
}

/** The latest ETA reported by the truck; until there is one, that of the details. */
function Eta({ rescueId, initialEta }: { rescueId: string; initialEta: number | null }) {
  const reportedEta = useCityStore((state) => [...state.trucks.values()].find((truck) => truck.rescueId === rescueId)?.etaSeconds ?? null);
  const eta = reportedEta ?? initialEta;
  return eta === null ? null : <Field name={text.fields.eta}>{formatDuration(eta)}</Field>;
}

function OfferItem({ offer }: { offer: Offer }) {
  return (
    <li className="flex items-baseline justify-between gap-3">
      <span>
        {describeCode(offer.state)}
        <span className="block text-xs text-(--muted)">{text.offer(formatMoney(offer.pay_minor, offer.currency), formatDuration(offer.eta_seconds))}</span>
      </span>
      <span className="text-xs whitespace-nowrap text-(--muted) tabular-nums">{formatKilometres(offer.distance_m)}</span>
    </li>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-xs font-semibold text-(--muted)">{title}</h3>
      {children}
    </section>
  );
}

function Amount({ name, amount, strong = false }: { name: string; amount: string; strong?: boolean }) {
  return (
    <div className={`flex justify-between ${strong ? "border-t border-(--border) pt-1 font-medium" : ""}`}>
      <dt>{name}</dt>
      <dd className="tabular-nums">{amount}</dd>
    </div>
  );
}

function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-(--muted)">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

const Muted = ({ children }: { children: ReactNode }) => <span className="text-(--muted)">{children}</span>;
