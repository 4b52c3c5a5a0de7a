// @vitest-environment jsdom
import { onlineManager, QueryObserver } from "@tanstack/react-query";
import { AxiosError } from "axios";
import { afterEach, expect, test, vi } from "vitest";

import { createQueryClient, insteadOfLoading, refetchFailed } from "./queryClient.ts";

const UNREACHABLE = new AxiosError("Network Error");
const ends: (() => void)[] = [];

afterEach(() => {
  ends.splice(0).forEach((end) => end());
  vi.restoreAllMocks();
  onlineManager.setOnline(true);
});

/** A page that is opened, with or without a network. */
function open(online: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(online);
  const queryClient = createQueryClient();
  queryClient.mount();
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retry: false } });
  ends.push(() => queryClient.unmount());
  const shown = (key: string, queryFn: () => Promise<string>) => {
    const observer = new QueryObserver(queryClient, { queryKey: [key], queryFn });
    ends.push(observer.subscribe(() => undefined));
    return () => observer.getCurrentResult();
  };
  return { queryClient, shown };
}

test("what a page that was opened without a network shows is loaded when there is one", async () => {
  const { shown } = open(false);
  const load = vi.fn(() => Promise.resolve("loaded"));
  const result = shown("a", load);
  expect(result().fetchStatus).toBe("paused");
  expect(load).not.toHaveBeenCalled();
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(result().data).toBe("loaded"));
});

test("one response says that the platform can be reached: what could not be loaded is loaded again", async () => {
  const { shown, queryClient } = open(true);
  const load = vi.fn().mockRejectedValueOnce(UNREACHABLE).mockResolvedValue("loaded");
  const result = shown("a", load);
  await vi.waitFor(() => expect(result().isError).toBe(true));
  await queryClient.query({ queryKey: ["b"], queryFn: () => Promise.resolve("there") });
  await vi.waitFor(() => expect(result().data).toBe("loaded"));
  expect(load).toHaveBeenCalledTimes(2);
});

test("a connection for events says the same, also to a browser that does not know of its network", async () => {
  const { shown, queryClient } = open(false);
  const result = shown("a", () => Promise.resolve("loaded"));
  expect(result().fetchStatus).toBe("paused");
  refetchFailed(queryClient);
  await vi.waitFor(() => expect(result().data).toBe("loaded"));
});

test("what the platform has refused is not asked for again", async () => {
  const { shown, queryClient } = open(true);
  const refused = new AxiosError("Not Found", "404", undefined, null, { status: 404, data: { code: "not_found", detail: "" } } as never);
  const load = vi.fn(() => Promise.reject(refused));
  const result = shown("a", load);
  await vi.waitFor(() => expect(result().isError).toBe(true));
  refetchFailed(queryClient);
  await queryClient.query({ queryKey: ["b"], queryFn: () => Promise.resolve("there") });
  expect(load).toHaveBeenCalledTimes(1);
});

test("what an event tells is not replaced by a response that was under way", async () => {
  const { queryClient, shown } = open(true);
  let respond: (text: string) => void = () => undefined;
  const load = vi.fn(() => new Promise<string>((resolve) => (respond = resolve)));
  const result = shown("a", load);
  await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
  const told = insteadOfLoading(queryClient, ["a"], () => queryClient.setQueryData(["a"], "told by the event"));
  respond("older");
  await told;
  expect(result()).toMatchObject({ data: "told by the event", fetchStatus: "idle" });
});
