// @vitest-environment jsdom
import { IntlProvider } from "@supportcarr/i18n/IntlProvider";
import { memoryStore } from "@supportcarr/pwa/actionStore";
import { ActionQueue } from "@supportcarr/pwa/queue";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { AxiosError } from "axios";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";

import type { PhoneApp } from "../createPhoneApp.ts";
import { PhoneAppContext } from "../PhoneAppContext.tsx";
import { texts } from "../texts/en.ts";
import { Chat } from "./Chat.tsx";

vi.mock("../Screen.tsx", () => ({
  Screen: ({ children, footer }: { children: ReactNode; footer: ReactNode }) => (
    <>
      {children}
      {footer}
    </>
  ),
}));
Element.prototype.scrollIntoView = () => undefined; // jsdom has no layout

/** A chat that cannot be loaded. */
async function chat(store = memoryStore()) {
  const queue = new ActionQueue({ store, owner: () => "usr_1", send: () => Promise.reject(new AxiosError("Network Error")), isOnline: () => false });
  const messages = { data: undefined, isError: false, error: null, fetchStatus: "paused" as const, refetch: () => Promise.resolve() };
  render(
    <IntlProvider load={() => Promise.resolve({ ...texts, errors: { unknown: "Something went wrong", unreachable: "No answer" } })}>
      <PhoneAppContext.Provider value={{ role: "rider", queue } as unknown as PhoneApp}>
        <Chat rescueId="res_1" title="" back={{ to: "/" } as never} messages={messages} closed={false} />
      </PhoneAppContext.Provider>
    </IntlProvider>,
  );
  const field = await screen.findByRole<HTMLTextAreaElement>("textbox");
  const write = (text: string) => {
    fireEvent.change(field, { target: { value: text } });
    fireEvent.keyDown(field, { key: "Enter" });
  };
  return { field, write };
}

afterEach(cleanup);

test("a message that waits for the connection is shown in a chat that could not be loaded", async () => {
  const { field, write } = await chat();
  await screen.findByRole("alert");
  write("I am at the bridge");
  await screen.findByText("I am at the bridge", { selector: "p" });
  expect(field.value).toBe("");
});

test("a message that the phone could not keep stays in the field", async () => {
  const { field, write } = await chat({ ...memoryStore(), put: () => Promise.reject(new DOMException("full", "QuotaExceededError")) });
  write("I am at the bridge");
  await vi.waitFor(() => expect(field.value).toBe("I am at the bridge"));
  expect(screen.queryByText("I am at the bridge", { selector: "p" })).toBeNull();
});
