// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { messages } from "../../lib/messages/en.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { http, useSession } from "../../lib/session.ts";
import { NoShowDialog } from "./NoShowDialog.tsx";

vi.mock("@supportcarr/client/config", () => ({ fetchConfig: () => new Promise(() => undefined) }));

const SLIDER = messages.job.noShow.confirm;

/** Answers the request for the timeline; `null` until it is made. */
let respond: ((items: object[] | "failed") => void) | null;

/** Answers the request for the timeline once it is made. */
async function answer(items: object[] | "failed") {
  await vi.waitFor(() => expect(respond).not.toBeNull());
  act(() => respond?.(items));
}

beforeEach(() => {
  respond = null;
  useSession.setState({ token: `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.` });
  http.defaults.adapter = (config: InternalAxiosRequestConfig) =>
    new Promise<AxiosResponse>((resolve, reject) => {
      respond = (items) =>
        items === "failed"
          ? reject(new AxiosError("not found", "404", config, null, { data: {}, status: 404, statusText: "", headers: {}, config }))
          : resolve({ data: { items }, status: 200, statusText: "", headers: {}, config });
    });
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <NoShowDialog rescueId="res_1" onClose={vi.fn()} />
      </QueryClientProvider>
    </IntlProvider>,
  );
});
afterEach(cleanup);

const slider = () => screen.queryByRole("button", { name: SLIDER });

test("a no-show can't be reported before it is known since when the driver has waited", async () => {
  await screen.findByRole("dialog");
  await screen.findByRole("status");
  expect(slider()).toBeNull();
  await answer([{ to: "arrived", at: new Date().toISOString() }]);
  await screen.findByRole("timer");
  expect(slider()).toBeNull();
});

test("it can after the wait", async () => {
  await screen.findByRole("dialog");
  await answer([{ to: "arrived", at: "2026-01-01T10:00:00Z" }]);
  await vi.waitFor(() => expect(slider()).not.toBeNull());
});

test("where the time of arrival can't be known, the platform decides", async () => {
  await screen.findByRole("dialog");
  await answer("failed");
  await vi.waitFor(() => expect(slider()).not.toBeNull());
});
