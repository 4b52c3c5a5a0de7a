import { Badge } from "@supportcarr/ui/src/Badge.tsx";
import { Sheet } from "@supportcarr/ui/src/Sheet.tsx";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { getRescue, type RescueFile } from "../../lib/api.ts";
import { useCity } from "../../lib/city.ts";
import { duration, money, shortId, timeOfDay, words } from "../../lib/format.ts";
import { statusOf } from "../../lib/status.ts";

/** One rescue, whole: opened from the list, the map or an event. */
export function RescueSheet() {
  const opened = useCity((city) => city.opened);
  const open = useCity((city) => city.open);
  const file = useQuery({ queryKey: ["rescue", opened], queryFn: () => getRescue(opened ?? ""), enabled: opened !== null });
  return (
    <Sheet title={opened ? `Rescue ${shortId(opened)}` : "Rescue"} open={opened !== null} onClose={() => open(null)}>
      {file.isError ? <p role="alert">This rescue cannot be shown just now.</p> : null}
      {file.isPending ? <p className="text-(--quiet)">Loading…</p> : null}
      {file.data ? <File file={file.data} /> : null}
    </Sheet>
  );
}

function File({ file }: { file: RescueFile }) {
  const { rescue } = file;
  const { label, tone } = statusOf(rescue.status);
  const { currency } = rescue.quote;
  return (
    <div className="space-y-6 text-sm">
      <div className="flex items-center justify-between">
        <Badge tone={tone}>{label}</Badge>
        <span className="text-lg font-semibold">{money(rescue.price_minor ?? rescue.quote.total_minor, currency)}</span>
      </div>
      {rescue.reason ? <p className="text-(--quiet)">{words(rescue.reason)}</p> : null}
      <dl className="grid grid-cols-[6rem_1fr] gap-y-2">
        <Fact name="What">{words(rescue.problem ?? rescue.kind)}</Fact>
        <Fact name="Rider">
          {rescue.rider.name} <span className="text-(--quiet)">{rescue.rider.phone_masked}</span>
        </Fact>
        <Fact name="Driver">
          {rescue.driver ? (
            <>
              {rescue.driver.name}{" "}
              <span className="text-(--quiet)">
                {rescue.driver.vehicle.colour} {rescue.driver.vehicle.make} {rescue.driver.vehicle.model} · {rescue.driver.vehicle.plate}
              </span>
            </>
          ) : (
            <span className="text-(--quiet)">none yet</span>
          )}
        </Fact>
        <Fact name="Payment">
          {words(rescue.payment.status)}
          {rescue.payment.captured_minor ? ` · ${money(rescue.payment.captured_minor, currency)} captured` : ""}
        </Fact>
        <Fact name="Messages">{file.messages}</Fact>
      </dl>
      <Section title="Price">
        <dl className="space-y-1">
          {rescue.quote.items.map((item) => (
            <div key={item.code} className="flex justify-between">
              <dt>{item.label}</dt>
              <dd className="tabular-nums">{money(item.amount_minor, currency)}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title="Timeline">
        <Timeline file={file} />
      </Section>
      <Section title={`Offers (${file.offers.length})`}>
        <ol className="space-y-1">
          {file.offers.map((offer) => (
            <li key={offer.id} className="flex justify-between">
              <span>
                {shortId(offer.id)} <span className="text-(--quiet)">{(offer.distance_m / 1000).toFixed(1)} km</span>
              </span>
              <span className="text-(--quiet)">until {timeOfDay(offer.expires_at)}</span>
            </li>
          ))}
        </ol>
      </Section>
    </div>
  );
}

function Timeline({ file }: { file: RescueFile }) {
  return (
    <ol className="relative ml-1.5 border-l-2 border-(--line) pl-5">
      {file.timeline.map((entry, index) => {
        const before = file.timeline[index - 1];
        const { label, tone } = statusOf(entry.to);
        return (
          <li key={entry.version} className="relative pb-4 last:pb-0">
            <span className="absolute top-1.5 -left-[27px] size-3 rounded-full border-2 border-(--panel) bg-brand-600" />
            <div className="flex items-center justify-between gap-2">
              <Badge tone={tone}>{label}</Badge>
              <time className="text-xs text-(--quiet) tabular-nums">{timeOfDay(entry.at)}</time>
            </div>
            <p className="mt-0.5 text-xs text-(--quiet)">
              by {entry.actor.role}
              {entry.reason ? ` · ${words(entry.reason)}` : ""}
              {before ? ` · after ${duration((Date.parse(entry.at) - Date.parse(before.at)) / 1000)}` : ""}
            </p>
          </li>
        );
      })}
    </ol>
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

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-(--quiet)">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
