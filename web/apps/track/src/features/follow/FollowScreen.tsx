import { useFormats } from "@supportcarr/i18n/useFormats";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { vehicleName } from "@supportcarr/i18n/vehicleName";
import { type LngLat, MapView, type Marker } from "@supportcarr/map/MapView";
import { toProblem } from "@supportcarr/client/http";
import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Notice } from "@supportcarr/ui/Notice";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";

import { isOver, type SharedRescue, sharedRescueQueries } from "../../lib/api/sharedRescue.ts";

const at = ({ lat, lng }: { lat: number; lng: number }): LngLat => [lng, lat];

/** The map, the state in words and the time: what a friend of the rider needs. */
export function FollowScreen({ token }: { token: string }) {
  const text = useTranslations("follow");
  const shared = useQuery({ ...sharedRescueQueries.byToken(token), enabled: token !== "" });
  const gone = token === "" || (shared.error !== null && toProblem(shared.error).status === 404);
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center gap-3 px-4 py-3">
        <BrandMark className="size-9" />
        <h1 className="text-lg font-semibold">{text("title")}</h1>
      </header>
      {gone ? (
        <Message title={text("ended")} about={text("endedAbout")} />
      ) : shared.data ? (
        <Live shared={shared.data} lost={shared.isError} />
      ) : shared.isError ? (
        <Message title={text("failed")} about={text("failedAbout")} />
      ) : (
        <main className="flex-1 p-4">
          <Skeleton label={text("title")} />
        </main>
      )}
      <footer className="px-4 py-4 text-center text-sm text-(--muted)">{text("brandAbout")}</footer>
    </div>
  );
}

function Message({ title, about }: { title: string; about: string }) {
  return (
    <main className="flex flex-1 flex-col items-center justify-center gap-2 px-6 text-center">
      <h2 className="text-xl font-semibold">{title}</h2>
      <p className="text-(--muted)">{about}</p>
    </main>
  );
}

function Live({ shared, lost }: { shared: SharedRescue; lost: boolean }) {
  const text = useTranslations("follow");
  const status = useTranslations("status");
  const formats = useFormats();
  const { language } = useLanguage();
  const name = shared.driver?.name ?? "";
  const markers: Marker[] = [];
  if (shared.pickup && shared.status !== "in_transit") markers.push({ id: "pickup", kind: "rider", at: at(shared.pickup), label: text("pickup") });
  if (shared.dropoff && shared.status === "in_transit") markers.push({ id: "dropoff", kind: "dropoff", at: at(shared.dropoff), label: text("dropoff") });
  if (shared.position) markers.push({ id: "truck", kind: "truck", at: at(shared.position), heading: shared.position.heading ?? null, label: text("truck", { name }) });
  const key = shared.status === "completed" && shared.outcome ? shared.outcome : shared.status;
  return (
    <main className="flex flex-1 flex-col">
      {isOver(shared) ? null : (
        <div className="h-[50dvh] min-h-56">
          <MapView label={text("map")} markers={markers} fit={markers.map((marker) => marker.at)} />
        </div>
      )}
      <section className="space-y-3 px-4 py-5">
        <div role="status">
          <h2 className="text-2xl font-semibold">{status(key, { name, time: shared.scheduled_for ? formats.dateTime(shared.scheduled_for) : "" })}</h2>
        </div>
        {shared.eta_seconds != null ? (
          <p className="tabular-nums">
            <strong>{text("eta", { duration: formats.duration(shared.eta_seconds) })}</strong> {text(shared.status === "in_transit" ? "toDropoff" : "toPickup", { name })}
          </p>
        ) : null}
        {shared.queued ? <p className="text-(--muted)">{text("queued", { name })}</p> : null}
        {shared.driver ? (
          <dl className="rounded-2xl border border-(--border) bg-(--surface) px-4 py-3">
            <dt className="text-sm text-(--muted)">{text("driver")}</dt>
            <dd className="font-medium">
              {name} · {vehicleName(shared.driver.vehicle, language)}
              <span className="ml-2 rounded border border-(--border-strong) px-1.5 font-mono text-sm">{shared.driver.vehicle.plate}</span>
            </dd>
          </dl>
        ) : null}
        {lost ? <Notice tone="warning">{text("lost", { time: formats.time(shared.updated_at) })}</Notice> : null}
        <p className="text-sm text-(--muted)">
          {text("updated", { time: formats.time(shared.updated_at) })} · {text("until", { time: formats.dateTime(shared.expires_at) })} {isOver(shared) ? "" : text("private")}
        </p>
      </section>
    </main>
  );
}
