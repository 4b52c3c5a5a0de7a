// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, test, vi } from "vitest";

import { loadMessages } from "../../lib/messages/load.ts";
import { useRequest } from "../../lib/requestStore.ts";
import { http } from "../../lib/session.ts";
import { WhereAreYou } from "./WhereAreYou.tsx";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => () => Promise.resolve(), Link: () => null }));
vi.mock("../../lib/places/PinMap.tsx", () => ({
  PinMap: ({ at, onMove }: { at: { lat: number }; onMove: (at: { lat: number; lng: number }) => void }) => <button aria-label={`pin at ${at.lat}`} onClick={() => onMove({ lat: 45.6, lng: -73.6 })} />,
}));

const BOUNDARY = [[-74, 45], [-73, 45], [-73, 46], [-74, 46], [-74, 45]];
const AREAS = [{ id: "montreal", boundary: BOUNDARY }] as never;

/** Where the device is from now on. */
function locate(latitude: number, accuracy: number) {
  const watchPosition = (found: (position: object) => void) => {
    found({ coords: { latitude, longitude: -73.6, accuracy } });
    return 1;
  };
  Object.defineProperty(navigator, "geolocation", { configurable: true, value: { watchPosition, clearWatch: () => undefined } });
}

function show() {
  http.defaults.adapter = () => new Promise(() => undefined); // nothing is answered
  return render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <WhereAreYou areas={AREAS} demo={null} covered={null} bookings={[]} />
      </QueryClientProvider>
    </IntlProvider>,
  );
}

const goOn = async () => fireEvent.click(await screen.findByRole("button", { name: "Get help here" }));

beforeEach(() => useRequest.getState().clear());
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(navigator, "geolocation"); // jsdom has none
});

test("who comes back without having moved the pin stands where the device says by then, and sees how well it knows", async () => {
  locate(45.5, 1_400);
  show();
  await screen.findByText(/^Roughly here/);
  await goOn();
  cleanup();
  locate(45.51, 20);
  show();
  await screen.findByText(/^Your location, accurate to/);
  screen.getByLabelText("pin at 45.51");
});

test("a pin that was moved stays", async () => {
  locate(45.5, 20);
  show();
  fireEvent.click(await screen.findByLabelText("pin at 45.5"));
  await goOn();
  cleanup();
  locate(45.51, 20);
  show();
  await screen.findByText(/^The pin is where you put it/);
  screen.getByLabelText("pin at 45.6");
});
