// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { createQueryClient } from "@supportcarr/phone-app/shell/queryClient";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from "axios";
import { afterEach, expect, test, vi } from "vitest";

import { loadMessages } from "../../lib/messages/load.ts";
import { queue } from "../../lib/queue.ts";
import { http, useSession } from "../../lib/session.ts";
import { Photos } from "./Photos.tsx";

const REASON = "The file has to be a picture.";

/** Refuses the beginning of each upload. */
function answer(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const reply = (status: number, data: unknown): AxiosResponse => ({ data, status, statusText: "", headers: {}, config });
  if (config.method !== "post") return Promise.resolve(reply(200, { items: [] }));
  const problem = { code: "validation_failed", detail: "The request is not valid", errors: [{ field: "content_type", code: "not_allowed", detail: REASON }] };
  return Promise.reject(new AxiosError("refused", "422", config, null, reply(422, problem)));
}

afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  await queue.clear();
});

test("a photo that is refused at once stays with the reason, until the driver drops it", async () => {
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:photo"); // of jsdom's file, which is none to Node
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
  http.defaults.adapter = answer;
  useSession.setState({ token: `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.` });
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <Photos rescueId="res_1" stage="before" />
      </QueryClientProvider>
    </IntlProvider>,
  );
  fireEvent.change(await screen.findByLabelText("Take a photo", { selector: "input" }), { target: { files: [new File(["picture"], "bike.png", { type: "image/png" })] } });
  const drop = await screen.findByRole("button", { name: "Discard" });
  screen.getByText(REASON, { exact: false });
  fireEvent.click(drop);
  await expect.poll(() => screen.queryByText(REASON, { exact: false })).toBeNull();
});
