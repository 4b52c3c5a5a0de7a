import { problemOf } from "@supportcarr/client/src/http.ts";
import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { Sheet } from "@supportcarr/ui/src/Sheet.tsx";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { getRescue, type OfferView, type RescueFile } from "../../lib/api.ts";
import { useTimeOfDay } from "../../lib/area.ts";
import { useCity } from "../../lib/city.ts";
import { duration, kilometres, money, shortId } from "../../lib/format.ts";
import { COMING, statusOf } from "../../lib/status.ts";
import { said, texts } from "../../lib/texts.ts";
import { Timeline } from "./Timeline.tsx";

const text = texts.rescue;

/** One rescue, whole: opened from the list, the map or an event. */
export function RescueSheet({ place }: { place: HTMLElement | null }) {
  const opened = useCity((city) => city.opened);
  const open = useCity((city) => city.open);
  return (
    <Sheet title={text.title(shortId(opened ?? ""))} closeLabel={texts.close} open={opened !== null} onClose={() => open(null)} place={place}>
      {opened ? <Whole id={opened} /> : null}
    </Sheet>
  );
}

function Whole({ id }: { id: string }) {
  const file = useQuery({ queryKey: ["rescue", id], queryFn: () => getRescue(id) });
  if (file.data) return <File file={file.data} />;
  if (!file.isError) return <p className="text-(--quiet)">{texts.loading}</p>;
  return <p role="alert">{problemOf(file.error).status === 404 ? text.notFound : text.unread}</p>;
}

function File({ file }: { file: RescueFile }) {
  const timeOfDay = useTimeOfDay();
  const { rescue, payment } = file;
  const { label, tone } = statusOf(rescue.status);
  const { currency, items, total_minor } = rescue.quote;
  return (
    <div className="space-y-6 text-sm">
      <div className="flex items-center justify-between">
        <Badge tone={tone}>{label}</Badge>
        <span className="text-lg font-semibold tabular-nums">{money(rescue.price_minor ?? total_minor, currency)}</span>
      </div>
      <dl className="grid grid-cols-[6rem_1fr] gap-y-2">
        <Fact name={text.facts.what}>{said(rescue.problem ?? rescue.kind)}</Fact>
        {rescue.reason ? <Fact name={text.facts.why}>{said(rescue.reason)}</Fact> : null}
        {rescue.note ? <Fact name={text.facts.note}>{rescue.note}</Fact> : null}
        <Fact name={text.facts.requested}>
          <time dateTime={rescue.created_at}>{timeOfDay(rescue.created_at)}</time>
        </Fact>
        <Fact name={text.facts.rider}>
          {rescue.rider.name} <Quiet>{rescue.rider.phone_masked}</Quiet>
        </Fact>
        <Fact name={text.facts.driver}>{rescue.driver ? <Driver driver={rescue.driver} /> : <Quiet>{text.noDriver}</Quiet>}</Fact>
        {COMING.has(rescue.status) ? <Eta rescueId={rescue.id} asRead={rescue.eta_seconds ?? null} /> : null}
        <Fact name={text.facts.payment}>
          {[
            said(rescue.payment.status),
            rescue.payment.captured_minor ? text.captured(money(rescue.payment.captured_minor, currency)) : "",
            rescue.payment.refunded_minor ? text.refunded(money(rescue.payment.refunded_minor, currency)) : "",
            payment?.failure ? said(payment.failure) : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </Fact>
        <Fact name={text.facts.messages}>{file.messages}</Fact>
      </dl>
      <Section title={text.timeline}>
        <Timeline entries={file.timeline} />
      </Section>
      <Section title={text.price}>
        <dl className="space-y-1">
          {items.map((item) => (
            <Sum key={item.code} name={item.label} amount={money(item.amount_minor, currency)} />
          ))}
          <Sum name={text.total} amount={money(total_minor, currency)} strong />
          {typeof rescue.price_minor === "number" && rescue.price_minor !== total_minor ? (
            <Sum name={text.owed} amount={money(rescue.price_minor, currency)} strong />
          ) : null}
        </dl>
      </Section>
      <Section title={text.offers(file.offers.length)}>
        {file.offers.length === 0 ? <Quiet>{text.noOffers}</Quiet> : null}
        <ol className="space-y-2">
          {file.offers.map((offer) => (
            <Offer key={offer.id} offer={offer} />
          ))}
        </ol>
      </Section>
    </div>
  );
}

function Driver({ driver: { name, vehicle } }: { driver: NonNullable<RescueFile["rescue"]["driver"]> }) {
  return (
    <>
      {name}{" "}
      <Quiet>
        {vehicle.colour} {vehicle.make} {vehicle.model} · {vehicle.plate}
      </Quiet>
    </>
  );
}

/** As the truck last told; until it has, as it was read. */
function Eta({ rescueId, asRead }: { rescueId: string; asRead: number | null }) {
  const told = useCity((city) => [...city.trucks.values()].find((truck) => truck.rescueId === rescueId)?.etaSeconds ?? null);
  const eta = told ?? asRead;
  return eta === null ? null : <Fact name={text.facts.eta}>{duration(eta)}</Fact>;
}

function Offer({ offer }: { offer: OfferView }) {
  return (
    <li className="flex items-baseline justify-between gap-3">
      <span>
        {said(offer.state)}
        <span className="block text-xs text-(--quiet)">{text.offerMade(money(offer.pay_minor, offer.currency), duration(offer.eta_seconds))}</span>
      </span>
      <span className="text-xs whitespace-nowrap text-(--quiet) tabular-nums">{kilometres(offer.distance_m)}</span>
    </li>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-xs font-semibold text-(--quiet)">{title}</h3>
      {children}
    </section>
  );
}

function Sum({ name, amount, strong = false }: { name: string; amount: string; strong?: boolean }) {
  return (
    <div className={`flex justify-between ${strong ? "border-t border-(--line) pt-1 font-medium" : ""}`}>
      <dt>{name}</dt>
      <dd className="tabular-nums">{amount}</dd>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-(--quiet)">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

const Quiet = ({ children }: { children: ReactNode }) => <span className="text-(--quiet)">{children}</span>;
