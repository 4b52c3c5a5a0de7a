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
import { PinDialog } from "./PinDialog.tsx";

const REFUSED = { code: "pin_wrong", title: "", detail: "That is not the PIN; 4 attempts left", status: 422 };

function refuse(config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  return Promise.reject(new AxiosError("refused", "ERR_BAD_REQUEST", config, null, { data: REFUSED, status: 422, statusText: "", headers: {}, config }));
}

afterEach(async () => {
  cleanup();
  await queue.clear();
});

test("after a wrong PIN the field is empty and has the focus for the next try", async () => {
  useSession.setState({ token: `e30.${btoa(JSON.stringify({ sub: "usr_1" }))}.` });
  http.defaults.adapter = refuse;
  render(
    <IntlProvider load={loadMessages}>
      <QueryClientProvider client={createQueryClient()}>
        <PinDialog rescueId="res_1" onClose={vi.fn()} />
      </QueryClientProvider>
    </IntlProvider>,
  );
  const field = await screen.findByLabelText<HTMLInputElement>("PIN");
  fireEvent.change(field, { target: { value: "0000" } });
  const start = screen.getByRole("button", { name: "Start" });
  start.focus();
  fireEvent.click(start);
  await screen.findByText(/That is not the rider's PIN/);
  expect(field.value).toBe("");
  expect(document.activeElement).toBe(field);
});
