// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { AxiosResponse, InternalAxiosRequestConfig } from "axios";
import { afterEach, expect, test, vi } from "vitest";

import { jobQueries } from "../../lib/api/jobs.ts";
import type { Rescue } from "../../lib/api/types.ts";
import { loadMessages } from "../../lib/messages/load.ts";
import { queue } from "../../lib/queue.ts";
import { http, useSession } from "../../lib/session.ts";
import { useStep } from "./useStep.ts";

const TOKEN = `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.`;
const NEXT = "next";
const sent: string[] = [];

/** Takes each step at once; whoever asks for the job waits for ever. */
function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  if (config.method !== "post") return new Promise(() => undefined);
  sent.push(config.url ?? "");
  return Promise.resolve({ data: {}, status: 200, statusText: "", headers: {}, config });
}

function Job() {
  const { data } = useQuery(jobQueries.detail("res_1"));
  const { busy, step } = useStep("res_1");
  return (
    <>
      <p>{data?.status}</p>
      <button aria-disabled={busy} onClick={() => void step(data?.status === "assigned" ? "departure" : "arrival")}>
        {NEXT}
      </button>
    </>
  );
}

afterEach(async () => {
  cleanup();
  await queue.clear();
});

test("the next step does not wait for the job to be read again", async () => {
  http.defaults.adapter = answer;
  useSession.setState({ token: TOKEN });
  const queryClient = createQueryClient();
  queryClient.setQueryData(jobQueries.detail("res_1").queryKey, { id: "res_1", status: "assigned" } as Rescue);
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={queryClient}>
        <Job />
      </QueryClientProvider>
    </IntlProvider>,
  );
  const next = await screen.findByRole("button");
  fireEvent.click(next);
  await screen.findByText("en_route");
  await vi.waitFor(() => expect(next.getAttribute("aria-disabled")).toBe("false"));
  fireEvent.click(next);
  await screen.findByText("arrived");
  expect(sent).toEqual(["/rescues/res_1/departure", "/rescues/res_1/arrival"]);
});
