import { whenIdle } from "@supportcarr/client/whenIdle";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { lazy, Suspense } from "react";

import { messagesOf } from "./messages.ts";
import type { MapViewProps } from "./types.ts";

export type { LngLat, MapPadding, MapViewProps, Marker, MarkerKind, Zone } from "./types.ts";

/** The first map of a page comes after what is read and pressed. */
const MapCanvas = lazy(() =>
  whenIdle()
    .then(() => import("./MapCanvas.tsx"))
    .catch(() => ({ default: Unavailable })),
);

/** The code of the map could not be loaded: there is no connection, and this browser never had it. */
function Unavailable() {
  return <p className="absolute inset-x-6 top-1/3 text-center text-sm text-(--muted)">{messagesOf(useLanguage.getState().language).unavailable}</p>;
}

/**
 * A map with markers, in the brand's look.  It fills its parent; the library is loaded when it is first shown.  Screen
 * readers get the label and a list of the markers.
 */
export function MapView(props: MapViewProps) {
  const { label, markers = [], className = "" } = props;
  const text = messagesOf(useLanguage((state) => state.language));
  return (
    <div role="group" aria-label={label} className={`relative isolate h-full w-full overflow-hidden bg-(--hover) ${className}`}>
      <Suspense fallback={<div aria-hidden="true" className="absolute inset-0 animate-pulse bg-(--border)" />}>
        <MapCanvas {...props} />
      </Suspense>
      <div className="sr-only">
        {markers.length > 0 ? (
          <ul aria-label={text.onMap}>
            {markers.map(({ id, label: name }) => (
              <li key={id}>{name}</li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}
