import "./map.css";

import { fetchConfig, type PublicArea, type PublicConfig } from "@supportcarr/client/config";
import { useLanguage } from "@supportcarr/i18n/useLanguage";
import { useEffect, useRef, useState } from "react";

import { MapController } from "./mapController.ts";
import { loadMapbox, loadMapLibre, type MapLibrary } from "./mapLibrary.ts";
import type { MapConfig } from "./mapStyle.ts";
import { messagesOf } from "./messages.ts";
import { drawingOf } from "./markerElement.ts";
import type { MapViewProps } from "./types.ts";
import { useDark } from "./useDark.ts";

const OFFLINE: MapConfig = { style_url: null, mapbox_token: null };
const FIT_PIN_MS = 200;

/** The server's configuration; null without a connection. */
const getConfig = (): Promise<PublicConfig | null> => fetchConfig().catch(() => null);

const loadLibrary = (config: MapConfig): Promise<MapLibrary> =>
  config.mapbox_token ? loadMapbox(config.mapbox_token, config.mapbox_api_url) : loadMapLibre({ streets: Boolean(config.streets) });

const showPin = (place: HTMLElement | null): void => place?.replaceChildren(drawingOf("pin"));

/** The drawn map; `MapView` loads it when it is needed. */
export default function MapCanvas(props: MapViewProps) {
  const { label, padding, interactive = true, onMove, pinLabel } = props;
  const container = useRef<HTMLDivElement>(null);
  const controller = useRef<MapController | null>(null);
  const latest = useRef(props);
  const dark = useDark();
  const latestDark = useRef(dark);
  const language = useLanguage((state) => state.language);
  const text = messagesOf(language);
  const [unavailable, setUnavailable] = useState(false);
  const [following, setFollowing] = useState(true);
  const [moving, setMoving] = useState(false);
  const [center, setCenter] = useState<string | null>(null);

  useEffect(() => {
    let closed = false;
    const open = async (element: HTMLElement, config: MapConfig, areaBoundary: PublicArea["boundary"] | null): Promise<void> => {
      const failed = () => {
        if (closed) return Promise.resolve();
        controller.current?.close();
        controller.current = null;
        return open(element, { ...config, style_url: null, mapbox_token: null }, areaBoundary);
      };
      let library: MapLibrary;
      try {
        library = await loadLibrary(config);
      } catch (error) {
        if (config.mapbox_token) return failed();
        throw error;
      }
      if (closed) return;
      const map = new MapController(
        element,
        library,
        {
          config,
          boundary: latest.current.area ?? areaBoundary,
          dark: latestDark.current,
          texts: messagesOf(useLanguage.getState().language),
          onFollowing: setFollowing,
          onMoving: setMoving,
          onReady: () => latest.current.onReady?.(),
          onFailed: () => void failed().catch(unavailableNow),
        },
        { ...latest.current, interactive },
      );
      controller.current = map;
      map.update(stateOf(latest.current, setCenter));
    };
    const unavailableNow = () => {
      if (closed) return;
      setUnavailable(true);
      latest.current.onReady?.();
    };
    const element = container.current;
    if (element) {
      getConfig()
        .then((config) => (closed ? undefined : open(element, config?.map ?? OFFLINE, config?.areas[0]?.boundary ?? null)))
        .catch(unavailableNow);
    }
    return () => {
      closed = true;
      controller.current?.close();
      controller.current = null;
    };
  }, [interactive]);

  useEffect(() => {
    latest.current = props;
    controller.current?.update(stateOf(props, setCenter));
  }, [props]);

  useEffect(() => {
    latestDark.current = dark;
    controller.current?.setDark(dark);
  }, [dark]);

  const { top = 0, right = 0, bottom = 0, left = 0 } = padding ?? {};
  const covered = { "--sc-map-top": `${top}px`, "--sc-map-right": `${right}px`, "--sc-map-bottom": `${bottom}px`, "--sc-map-left": `${left}px` } as React.CSSProperties;
  return (
    <div className="sc-map" style={covered}>
      <div ref={container} className="sc-map-canvas" data-testid="map" data-label={label} />
      {unavailable ? <p className="sc-map-notice">{text.unavailable}</p> : null}
      {onMove && !unavailable ? (
        <div className="sc-map-pin" data-moving={moving} aria-hidden="true" style={{ transitionDuration: `${FIT_PIN_MS}ms` }} ref={showPin} />
      ) : null}
      {props.fit && !following && !unavailable ? (
        <button
          type="button"
          className="sc-map-recentre"
          onClick={() => controller.current?.recentre()}
          aria-label={text.recentre}
        >
          <svg width="22" height="22" viewBox="0 0 22 22" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
            <circle cx="11" cy="11" r="5.5" />
            <path d="M11 1.5v4M11 16.5v4M1.5 11h4M16.5 11h4" />
          </svg>
        </button>
      ) : null}
      {onMove ? (
        <p className="sc-map-hidden" role="status">
          {pinLabel ? text.pinAt(pinLabel) : center ? text.pinAt(center) : ""}
        </p>
      ) : null}
    </div>
  );
}

/** What the controller draws; the centre that the person chose is also announced. */
function stateOf(props: MapViewProps, setCenter: (center: string) => void): MapViewProps {
  const { onMove } = props;
  if (!onMove) return props;
  return {
    ...props,
    onMove: (center) => {
      setCenter(`${center[1].toFixed(5)}, ${center[0].toFixed(5)}`);
      onMove(center);
    },
  };
}
