// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { AxiosResponse, InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Rescue } from "../../lib/api/types.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { queue, takePhoto } from "../../lib/queue.ts";
import { http, useSession } from "../../lib/session.ts";
import { MoreActions } from "./MoreActions.tsx";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => () => Promise.resolve() }));
vi.mock("@supportcarr/client/config", () => ({ fetchConfig: () => new Promise(() => undefined) }));

const RESCUE = { id: "res_1", status: "arrived" } as Rescue;

/** What was posted, in order; a photo waits until it is let through. */
const posted: { path: string; body: Record<string, unknown> }[] = [];
let answerPhoto: () => void;

function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const reply: AxiosResponse = { data: { items: [] }, status: 200, statusText: "", headers: {}, config };
  if (config.method !== "post") return Promise.resolve(reply);
  const path = config.url ?? "";
  posted.push({ path, body: typeof config.data === "string" ? (JSON.parse(config.data) as Record<string, unknown>) : {} });
  if (!path.endsWith("/photos")) return Promise.resolve({ ...reply, data: {} });
  return new Promise((resolve) => {
    answerPhoto = () => resolve({ ...reply, data: { id: "pho_1" } });
  });
}

const photos = () => posted.filter(({ path }) => path.endsWith("/photos"));

beforeEach(async () => {
  posted.length = 0;
  http.defaults.adapter = answer;
  useSession.setState({ token: `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.` });
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <MoreActions rescue={RESCUE} status="arrived" />
      </QueryClientProvider>
    </IntlProvider>,
  );
  // One is being sent on a slow line, another waits behind it.
  await takePhoto("res_1", "before", new Blob(["one"], { type: "image/png" }));
  await takePhoto("res_1", "before", new Blob(["two"], { type: "image/png" }));
  await vi.waitFor(() => expect(photos()).toHaveLength(1));
});
afterEach(async () => {
  cleanup();
  await queue.clear();
  answerPhoto();
});

async function end(button: string, reason: string) {
  fireEvent.click(await screen.findByRole("button", { name: button }));
  fireEvent.click(await screen.findByLabelText(reason));
  const buttons = screen.getAllByRole("button", { name: button });
  fireEvent.click(buttons.at(-1) as HTMLElement);
}

test("photos of a job that was stopped are still sent, with the time at which they were taken", async () => {
  await end("Stop the job", "It is unsafe");
  await vi.waitFor(() => expect(posted.some(({ path }) => path.endsWith("/abort"))).toBe(true));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  answerPhoto();
  await vi.waitFor(() => expect(photos()).toHaveLength(2));
  expect(photos()[1]?.body.happened_at).toEqual(expect.any(String));
});

test("a driver who gives the job up is told of the photos that the platform would not have", async () => {
  fireEvent.click(await screen.findByRole("button", { name: "Give the job up" }));
  await screen.findByText(/2 photos have not been sent yet/u);
  fireEvent.click(screen.getByLabelText("Traffic"));
  fireEvent.click(screen.getAllByRole("button", { name: "Give the job up" }).at(-1) as HTMLElement);
  await vi.waitFor(() => expect(queue.state.getState().actions).toEqual([]));
});
