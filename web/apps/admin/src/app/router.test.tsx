// @vitest-environment jsdom
import type { PublicConfig } from "@supportcarr/client/config";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError, AxiosHeaders } from "axios";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { http, useSession } from "../lib/session.ts";
import { MONTREAL } from "../lib/testing/areas.ts";
import { createQueryClient } from "./queryClient.ts";
import { createConsoleRouter } from "./router.ts";

// jsdom has no matchMedia, which the theme reads when it is imported.
vi.hoisted(() => vi.stubGlobal("matchMedia", () => ({ matches: false })));
// The module asks once a page, and each test is a page of its own.
vi.mock("@supportcarr/client/config", () => ({ fetchConfig: () => getConfig() }));
vi.mock("./useCitySync.ts", () => ({ useCitySync: vi.fn() }));
vi.mock("../features/live-map/LiveMap.tsx", () => ({
  LiveMap: ({ selectedRescueId, onSelectRescue }: { selectedRescueId: string | null; onSelectRescue: (id: string) => void }) => (
    <button type="button" onClick={() => onSelectRescue("res_000002")}>{`map of ${selectedRescueId ?? "no rescue"}`}</button>
  ),
}));

const tokenWith = (claims: object) => `e.${btoa(JSON.stringify(claims))}.s`;
const TOKEN = tokenWith({ totp: true, roles: ["admin"] });
const QUEBEC = { ...MONTREAL, id: "quebec", name: "Québec" };
const CONFIG: PublicConfig = { realtime_url: "http://127.0.0.1:1", map: { style_url: null, mapbox_token: null }, speed: 1, areas: [MONTREAL] };
const get = vi.spyOn(http, "get");
const getConfig = vi.fn<() => Promise<PublicConfig>>();
const requestsOf = (path: string) => get.mock.calls.filter(([requested]) => requested === path);

const notFound = (): Promise<never> =>
  Promise.reject(new AxiosError("", "", undefined, null, { status: 404, data: null, statusText: "", headers: {}, config: { headers: new AxiosHeaders() } }));

function open(url: string) {
  const queryClient = createQueryClient();
  const history = createMemoryHistory({ initialEntries: [url] });
  const router = createConsoleRouter(queryClient, history);
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { url: () => history.location.href, back: () => act(() => history.back()) };
}

beforeEach(() => {
  useSession.getState().signIn(TOKEN);
  getConfig.mockResolvedValue(CONFIG);
  get.mockImplementation((path) => (path.startsWith("/admin/rescues/") ? notFound() : new Promise(() => undefined)));
});
afterEach(() => {
  cleanup();
  vi.resetAllMocks();
});

describe("a link to a rescue", () => {
  it("opens its sheet and selects it on the map", async () => {
    open("/admin/rescues/res_000001");
    expect(await screen.findByRole("dialog", { name: "Rescue 000001" })).toBeDefined();
    expect(await screen.findByText("map of res_000001")).toBeDefined();
    await vi.waitFor(() => expect(document.title).toBe("Rescue 000001 · SupportCarr"));
  });

  it("says that the rescue does not exist", async () => {
    open("/admin/rescues/res_000001");
    expect((await screen.findByText("This rescue does not exist.")).closest("[role=alert]")).not.toBeNull();
  });

  it("requests the rescue once, although the route and the sheet both need it", async () => {
    get.mockImplementation(() => new Promise(() => undefined));
    open("/admin/rescues/res_000001");
    await screen.findByRole("dialog", { name: "Rescue 000001" });
    await vi.waitFor(() => expect(requestsOf("/admin/rescues/res_000001")).not.toEqual([]));
    expect(requestsOf("/admin/rescues/res_000001")).toHaveLength(1);
  });

  it("asks for a sign-in first, and then opens the rescue", async () => {
    useSession.getState().signOut();
    const { url } = open("/admin/rescues/res_000001?tab=ended");
    expect(await screen.findByLabelText("Password")).toBeDefined();
    expect(get).not.toHaveBeenCalled();
    act(() => useSession.getState().signIn(TOKEN));
    expect(await screen.findByRole("dialog", { name: "Rescue 000001" })).toBeDefined();
    expect(url()).toBe("/admin/rescues/res_000001?tab=ended");
  });
});

describe("an operator without a second factor", () => {
  it("sees its enrolment in place of any page, until the recovery codes are saved", async () => {
    vi.spyOn(http, "post").mockImplementation((path) =>
      Promise.resolve({ data: path === "/auth/totp" ? { secret: "JBSWY3DP", uri: "otpauth://totp/x" } : { access_token: TOKEN, recovery_codes: ["abcde-fghjk"] } }),
    );
    useSession.getState().signIn(tokenWith({}));
    open("/admin/rescues/res_000001");
    fireEvent.click(await screen.findByRole("button", { name: "Set up the authenticator app" }));
    expect(requestsOf("/admin/rescues/res_000001")).toHaveLength(0);
    fireEvent.change(await screen.findByLabelText("Enter the code that the app shows now"), { target: { value: "123456" } });
    fireEvent.click(screen.getByRole("button", { name: "Confirm" }));
    await screen.findByText("abcde-fghjk");
    fireEvent.click(screen.getByLabelText("I have saved these codes"));
    fireEvent.click(screen.getByRole("button", { name: "Done" }));
    expect(await screen.findByRole("dialog", { name: "Rescue 000001" })).toBeDefined();
  });
});

describe("the audit log", () => {
  it("is filtered by its URL", async () => {
    open("/admin/audit-log?actor=usr_1&since=2026-03-02&until=never");
    await screen.findByRole("heading", { name: "Audit log" });
    const params = { actor: "usr_1", since: new Date("2026-03-02T00:00:00").toISOString() };
    await vi.waitFor(() => expect(requestsOf("/admin/audit-log")[0]).toEqual(["/admin/audit-log", { params: expect.objectContaining(params) as unknown }]));
    expect(screen.getByRole("link", { name: "Audit log" }).getAttribute("aria-current")).toBe("page");
  });
});

describe("the history", () => {
  it("has an entry for each rescue that was opened or closed", async () => {
    const { url, back } = open("/admin/rescues/res_000001");
    fireEvent.click(await screen.findByText("map of res_000001"));
    await screen.findByRole("dialog", { name: "Rescue 000002" });
    fireEvent.click(screen.getByRole("button", { name: "Close" }));
    await screen.findByText("map of no rescue");
    expect(url()).toBe("/admin/");
    back();
    await screen.findByRole("dialog", { name: "Rescue 000002" });
    back();
    await screen.findByRole("dialog", { name: "Rescue 000001" });
  });

  it("leads to the start page after a sign-out, without the view of the previous person", async () => {
    const { url } = open("/admin/rescues/res_000001?tab=ended&area=montreal");
    fireEvent.click(await screen.findByRole("button", { name: "Sign out" }));
    await screen.findByLabelText("Password");
    await vi.waitFor(() => expect(url()).toBe("/admin/"));
  });
});

describe("the service area", () => {
  beforeEach(() => {
    getConfig.mockResolvedValue({ ...CONFIG, areas: [MONTREAL, QUEBEC] });
  });

  it.each([
    ["/admin", "montreal"],
    ["/admin?area=quebec", "quebec"],
    ["/admin?area=nowhere", "montreal"],
  ])("of %s is %s", async (url, areaId) => {
    open(url);
    expect((await screen.findByLabelText<HTMLSelectElement>("Service area")).value).toBe(areaId);
    await vi.waitFor(() => expect(requestsOf("/admin/overview")).toEqual([["/admin/overview", { params: { area: areaId } }]]));
  });

  it("is kept in the URL when it is changed and a rescue is opened", async () => {
    const { url } = open("/admin?tab=ended");
    fireEvent.change(await screen.findByLabelText("Service area"), { target: { value: "quebec" } });
    await vi.waitFor(() => expect(url()).toBe("/admin/?area=quebec&tab=ended"));
    fireEvent.click(await screen.findByText("map of no rescue"));
    await vi.waitFor(() => expect(url()).toBe("/admin/rescues/res_000002?area=quebec&tab=ended"));
  });
});

it("shows a message for a page that does not exist", async () => {
  const { url } = open("/admin/no-such-page");
  expect(await screen.findByText("This page does not exist.")).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: "Open the console" }));
  await screen.findByText("map of no rescue");
  expect(url()).toBe("/admin/");
});
