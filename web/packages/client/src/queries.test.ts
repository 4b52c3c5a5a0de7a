import { onlineManager, QueryObserver } from "@tanstack/query-core";
import { afterEach, expect, test, vi } from "vitest";

import { RenewingQueryClient } from "./queries.ts";

const KEY = ["cards"];

afterEach(() => onlineManager.setOnline(true));

/** A platform with one list of cards; a request is answered with the list as it was when it was received. */
function platform() {
  let cards: readonly string[] = [];
  const waiting: { answer: readonly string[]; resolve: (answer: readonly string[]) => void }[] = [];
  return {
    add: (card: string) => void (cards = [...cards, card]),
    load: vi.fn(() => new Promise<readonly string[]>((resolve) => waiting.push({ answer: cards, resolve }))),
    respond: () => waiting.splice(0).forEach(({ answer, resolve }) => resolve(answer)),
  };
}

function open() {
  const { add, load, respond } = platform();
  const client = new RenewingQueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const show = () => {
    const observer = new QueryObserver(client, { queryKey: KEY, queryFn: load });
    const hide = observer.subscribe(() => undefined);
    return { hide, data: () => observer.getCurrentResult().data };
  };
  return { client, add, load, respond, show };
}

test("what changes while it is first being loaded is loaded once more", async () => {
  const { client, add, load, respond, show } = open();
  const list = show();
  add("visa");
  const renewed = client.invalidateQueries({ queryKey: KEY });
  respond();
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  expect(list.data()).toEqual([]);
  respond();
  await renewed;
  expect(list.data()).toEqual(["visa"]);
});

test("any number of changes during one load need one more load", async () => {
  const { client, add, load, respond, show } = open();
  const list = show();
  const renewed = ["visa", "amex", "jcb"].map((card) => {
    add(card);
    return client.invalidateQueries({ queryKey: KEY });
  });
  respond();
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  respond();
  await Promise.all(renewed);
  expect(list.data()).toEqual(["visa", "amex", "jcb"]);
  expect(load).toHaveBeenCalledTimes(2);
});

test("what was loaded before is loaded at once, and the load that is under way counts no more", async () => {
  const { client, add, load, respond, show } = open();
  const list = show();
  respond();
  await vi.waitFor(() => expect(list.data()).toEqual([]));
  void client.refetchQueries({ queryKey: KEY });
  add("visa");
  const renewed = client.invalidateQueries({ queryKey: KEY });
  expect(load).toHaveBeenCalledTimes(3);
  respond();
  await renewed;
  expect(list.data()).toEqual(["visa"]);
});

test("what changes while it is loaded for a screen that was left is loaded again by the next screen", async () => {
  const { client, add, load, respond, show } = open();
  show().hide();
  add("visa");
  const renewed = client.invalidateQueries({ queryKey: KEY });
  respond();
  await renewed;
  expect(load).toHaveBeenCalledTimes(1);
  const list = show();
  expect(load).toHaveBeenCalledTimes(2);
  respond();
  await vi.waitFor(() => expect(list.data()).toEqual(["visa"]));
});

test("a load that has failed is tried again", async () => {
  const { client, show } = open();
  const failing = vi.fn().mockRejectedValueOnce(new Error("not found")).mockResolvedValue(["visa"]);
  const observer = new QueryObserver<readonly string[]>(client, { queryKey: KEY, queryFn: failing });
  observer.subscribe(() => undefined);
  await client.invalidateQueries({ queryKey: KEY });
  expect(show().data()).toEqual(["visa"]);
});

test.each(["shown", "first being loaded"])("nobody waits for the connection if it is lost while what is %s is loaded again", async (state) => {
  const client = new RenewingQueryClient({ defaultOptions: { queries: { retry: 3, retryDelay: 0, staleTime: Infinity } } });
  client.mount();
  let lose = (): void => undefined;
  const load = vi
    .fn<() => Promise<string>>()
    .mockImplementation(() => new Promise((_, reject) => (lose = () => reject(new Error("no network")))));
  if (state === "shown") load.mockResolvedValueOnce("before");
  const observer = new QueryObserver(client, { queryKey: KEY, queryFn: load });
  const hide = observer.subscribe(() => undefined);
  if (state === "shown") await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("before"));
  const renewed = client.invalidateQueries({ queryKey: KEY });
  onlineManager.setOnline(false);
  lose();
  await renewed;
  await vi.waitFor(() => expect(observer.getCurrentResult().fetchStatus).toBe("paused"));
  load.mockResolvedValue("after");
  onlineManager.setOnline(true);
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("after"));
  hide();
  client.unmount();
});
