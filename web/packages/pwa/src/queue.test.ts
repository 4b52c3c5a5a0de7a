import { AxiosError, AxiosHeaders, type AxiosResponse } from "axios";
import { expect, test, vi } from "vitest";

import { type Action, mayRetry, pauseMs } from "./actions.ts";
import { memoryStore } from "./actionStore.ts";
import { ActionQueue, type OneAtATime, RefusedAction } from "./queue.ts";

const offline = new AxiosError("no network");

function refusal(status: number, code: string, headers: Record<string, string> = {}): AxiosError {
  const response = { status, data: { code, detail: `says ${code}` }, headers: AxiosHeaders.from(headers) } as unknown as AxiosResponse;
  return new AxiosError("refused", "ERR", undefined, undefined, response);
}

/** A phone whose network answers what the test says; `sent` is what the platform received. */
function phone(store = memoryStore(), oneAtATime?: OneAtATime) {
  const slow = new Map<string, () => void>(); // uploads that are under way
  const network: { online: boolean; owner: string | null; answer: (action: Action) => Error | null } = { online: true, owner: "usr_1", answer: () => null };
  const sent: Action[] = [];
  const queue = new ActionQueue({
    store,
    owner: () => network.owner,
    isOnline: () => network.online,
    random: () => 0,
    ...(oneAtATime ? { oneAtATime } : {}),
    laneOf: ({ kind }) => (kind.startsWith("photo") ? "uploads" : "steps"),
    send: async (action) => {
      sent.push(action);
      if (action.file?.size) await new Promise<void>((resolve) => slow.set(action.kind, resolve));
      const error = network.answer(action);
      if (error) throw error;
    },
  });
  const states = () => queue.state.getState().actions.map(({ kind, state }) => `${kind} ${state}`);
  const actionOf = (kind: string, subject = "res_1") => ({ kind, subject, url: `/rescues/${subject}/${kind}`, body: {}, happenedAt: "2026-01-01T10:00:00Z" });
  const act = (kind: string, subject?: string) => queue.enqueue(actionOf(kind, subject));
  const perform = (kind: string, subject?: string) => queue.perform(actionOf(kind, subject));
  /** Takes a photo on a line that needs minutes for it. */
  const photograph = (kind = "photo", subject?: string) => queue.perform({ ...actionOf(kind, subject), file: new Blob(["picture"]) });
  /** The same, without waiting for it; one that is refused is kept. */
  const take = () => queue.enqueue({ ...actionOf("photo"), file: new Blob(["picture"]) });
  const underWay = (kind = "photo") => vi.waitFor(() => expect(slow.has(kind)).toBe(true));
  const finish = async (kind = "photo") => {
    await underWay(kind);
    const end = slow.get(kind);
    slow.delete(kind);
    end?.();
  };
  const kinds = () => sent.map(({ kind }) => kind);
  return { queue, network, sent, states, act, perform, photograph, take, underWay, finish, kinds };
}

test("without a connection actions are saved, survive a reload, and are sent in order afterwards", async () => {
  const store = memoryStore();
  const before = phone(store);
  before.network.online = false;
  await before.act("cancellation");
  await before.act("rating");
  expect(before.states()).toEqual(["cancellation saved", "rating saved"]);

  const after = phone(store);
  await after.queue.flush();
  expect(after.sent.map(({ kind }) => kind)).toEqual(["cancellation", "rating"]);
  expect(await store.all()).toEqual([]);
});

test("every attempt carries the same key, and the first that succeeds is the last", async () => {
  const { queue, network, sent, states, act } = phone();
  network.answer = () => offline;
  const action = await act("cancellation");
  await queue.flush();
  expect(states()).toEqual(["cancellation queued"]);
  network.answer = () => null;
  await queue.flush();
  await queue.flush();
  expect(new Set(sent.map(({ key }) => key))).toEqual(new Set([action.key]));
  expect(states()).toEqual([]);
});

test("a pause is kept, as long as the server asks for", async () => {
  vi.useFakeTimers();
  try {
    const { queue, network, sent, act } = phone();
    network.answer = () => refusal(503, "unavailable", { "retry-after": "7" });
    await act("cancellation");
    await queue.flush();
    network.answer = () => null;
    const attempts = sent.length;
    await vi.advanceTimersByTimeAsync(6_900);
    expect(sent).toHaveLength(attempts);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent).toHaveLength(attempts + 1);
  } finally {
    vi.useRealTimers();
  }
});

test("a refusal stops its subject, not the others, and says why", async () => {
  const { queue, network, sent, states, act } = phone();
  network.answer = ({ kind }) => (kind === "arrival" ? refusal(409, "illegal_transition") : null);
  network.online = false;
  await act("arrival");
  await act("start");
  await act("departure", "res_2");
  network.online = true;
  await queue.flush();
  expect(sent.map(({ kind }) => kind)).toEqual(["arrival", "departure"]);
  expect(states()).toEqual(["arrival failed", "start saved"]);
  const [failed] = queue.state.getState().actions;
  expect(failed?.refusal).toEqual({ status: 409, code: "illegal_transition", detail: "says illegal_transition" });

  await queue.drop(failed?.id ?? "");
  await queue.flush();
  expect(sent.map(({ kind }) => kind)).toEqual(["arrival", "departure", "start"]);
});

test("a refused action can be tried again", async () => {
  const { queue, network, states, act } = phone();
  network.answer = () => refusal(422, "too_early");
  await act("no-show");
  await queue.flush();
  network.answer = () => null;
  await queue.retry(queue.state.getState().actions[0]?.id ?? "");
  expect(states()).toEqual([]);
});

test("a person's actions are never sent with, or shown in, the session of another", async () => {
  const { queue, network, sent, states, act } = phone();
  network.online = false;
  await act("cancellation");
  Object.assign(network, { online: true, owner: "usr_2" });
  await queue.flush();
  await queue.read();
  expect(sent).toEqual([]);
  expect(states()).toEqual([]);
  network.owner = null;
  await expect(act("rating")).rejects.toThrow("signed in");
});

test("a sign-out deletes what is kept, also what is being sent", async () => {
  const store = memoryStore();
  const { queue, network, sent, act } = phone(store);
  network.answer = () => {
    void queue.clear();
    return offline;
  };
  await act("cancellation");
  await queue.flush();
  expect(sent).toHaveLength(1);
  expect(await store.all()).toEqual([]);
});

test("two tabs send each action once", async () => {
  let last = Promise.resolve();
  const lock: OneAtATime = (work) => (last = last.then(work));
  const store = memoryStore();
  const tabs = [phone(store, lock), phone(store, lock)] as const;
  tabs[0].network.online = false;
  tabs[1].network.online = false;
  await tabs[0].act("cancellation");
  await tabs[1].act("rating");
  tabs.forEach(({ network }) => (network.online = true));
  await Promise.all(tabs.map(({ queue }) => queue.flush()));
  expect([...tabs[0].sent, ...tabs[1].sent].map(({ kind }) => kind).sort()).toEqual(["cancellation", "rating"]);
});

test.each([
  [0, true],
  [401, true],
  [429, true],
  [503, true],
  [403, false],
  [409, false],
  [422, false],
])("after the status %d an action is sent again: %s", (status, again) => expect(mayRetry(status)).toBe(again));

test("pauses grow up to a minute", () => {
  const all = [1, 2, 3, 20].map((failures) => pauseMs(failures, undefined, () => 1));
  expect(all).toEqual([1_000, 2_000, 4_000, 60_000]);
  expect(pauseMs(1, "30", () => 0)).toBe(30_000);
});

test("what is done with a connection is sent at once, and what is done without one is kept", async () => {
  const { network, sent, states, perform } = phone();
  expect(await perform("departure")).toBe("sent");
  network.online = false;
  expect(await perform("arrival")).toBe("kept");
  expect(states()).toEqual(["arrival saved"]);
  expect(sent.map(({ kind, waited }) => [kind, waited])).toEqual([["departure", false]]);
});

test("an action whose response was lost is sent again, as one that waited", async () => {
  const { queue, network, sent, perform } = phone();
  network.answer = () => offline; // the platform has it, and the phone does not know
  expect(await perform("arrival")).toBe("kept");
  network.answer = () => null;
  await queue.flush();
  expect(sent.map(({ id, key, waited }) => [id, key, waited])).toEqual([
    [sent[0]?.id, sent[0]?.key, false],
    [sent[0]?.id, sent[0]?.key, true],
  ]);
});

test("a refusal at once is an error, and nothing is kept", async () => {
  const { network, states, perform } = phone();
  network.answer = () => refusal(422, "pin_wrong");
  await expect(perform("start")).rejects.toEqual(new RefusedAction({ code: "pin_wrong", detail: "says pin_wrong" }));
  expect(states()).toEqual([]);
});

test("an action that must not be sent any more waits for the person", async () => {
  const { queue, network, states, act } = phone();
  network.answer = () => new RefusedAction({ code: "cancelling_costs", detail: "" });
  await act("cancellation");
  await queue.flush();
  expect(states()).toEqual(["cancellation failed"]);
  expect(queue.state.getState().actions[0]?.refusal?.code).toBe("cancelling_costs");
});

test("the actions of a subject that was ended otherwise are dropped, those of others stay", async () => {
  const { queue, network, states, act } = phone();
  network.online = false;
  await act("arrival");
  await act("start");
  await act("departure", "res_2");
  await queue.dropSubject("res_1");
  expect(states()).toEqual(["departure saved"]);
});

test("a subject that has ended otherwise loses its steps, and its photos are sent with their time", async () => {
  const { queue, network, sent, states, act } = phone();
  network.online = false;
  await act("arrival");
  await act("photo");
  await act("departure", "res_2");
  network.online = true;
  await queue.endSubject("res_1");
  await vi.waitFor(() => expect(states()).toEqual([]));
  expect(sent.map(({ kind, subject }) => `${kind} ${subject}`).sort()).toEqual(["departure res_2", "photo res_1"]);
});

test("so is a photo that was not sent because the line is busy with another", async () => {
  const { queue, sent, photograph, underWay, finish } = phone();
  const first = photograph("photo");
  await underWay();
  const second = photograph("photo-2");
  await vi.waitFor(() => expect(queue.state.getState().actions).toHaveLength(2));
  await queue.endSubject("res_1");
  await finish();
  await finish("photo-2");
  await Promise.all([first, second]);
  expect(sent.map(({ kind, waited }) => [kind, waited])).toEqual([
    ["photo", false],
    ["photo-2", true],
  ]);
});

test("a photo that is refused while its subject ends otherwise has its time when it is tried again", async () => {
  const { queue, network, sent, states, take, underWay, finish } = phone();
  network.answer = () => refusal(409, "conflicting_state");
  await take();
  await underWay();
  await queue.endSubject("res_1");
  await finish();
  await vi.waitFor(() => expect(states()).toEqual(["photo failed"]));
  network.answer = () => null;
  const retried = queue.retry(queue.state.getState().actions[0]?.id ?? "");
  await finish();
  await retried;
  expect(sent.map(({ waited }) => waited)).toEqual([false, true]);
});

test("so has one that was refused before", async () => {
  const { queue, network, sent, states, take, finish } = phone();
  network.answer = () => refusal(409, "conflicting_state");
  await take();
  await finish();
  await vi.waitFor(() => expect(states()).toEqual(["photo failed"]));
  network.answer = () => null;
  const retried = queue.retry(queue.state.getState().actions[0]?.id ?? "");
  await finish();
  await retried;
  expect(sent.map(({ waited }) => waited)).toEqual([false, true]);
});

test("what was kept elsewhere is sent before what came later", async () => {
  const { queue, network, sent, act } = phone();
  network.online = false;
  await act("start");
  const former = { id: "000000000000001-000000-x", subject: "res_1", kind: "arrival", url: "/rescues/res_1/arrival", body: {}, key: null, happenedAt: "2026-01-01T09:00:00Z", waited: true, state: "queued" as const, attempts: 1 };
  await queue.adopt(former);
  await queue.adopt(former);
  network.online = true;
  await queue.flush();
  expect(sent.map(({ kind }) => kind)).toEqual(["arrival", "start"]);
});

test("what the platform has is shown no more while it is being deleted, also if what is kept is read meanwhile", async () => {
  const store = memoryStore();
  let deleted: () => void = () => undefined;
  const remove = vi.spyOn(store, "remove").mockReturnValue(new Promise((resolve) => (deleted = () => resolve())));
  const { queue, network, states, act } = phone(store);
  const flushed = act("message").then(() => queue.flush());
  await vi.waitFor(() => expect(remove).toHaveBeenCalled());
  expect(states()).toEqual([]);
  network.online = false;
  await act("rating");
  expect(states()).toEqual(["rating saved"]);
  deleted();
  await flushed;
});

test("who watches has the response before the action is gone", async () => {
  const { queue, states, act } = phone();
  const seen: unknown[] = [];
  queue.onSent(({ kind }) => seen.push(kind, states()));
  await act("message");
  await queue.flush();
  expect(seen).toEqual(["message", ["message sending"]]);
});

test("no step waits for an upload, and an upload follows the steps before it", async () => {
  const { queue, network, states, act, perform, photograph, underWay, finish, kinds } = phone();
  network.online = false;
  await act("arrival");
  await photograph();
  network.online = true;
  const flushed = queue.flush();
  await underWay();
  expect(kinds()).toEqual(["arrival", "photo"]);
  expect(await perform("start")).toBe("sent");
  expect(await perform("completion")).toBe("sent");
  expect(states()).toEqual(["photo sending"]);
  await finish();
  await flushed;
  expect(kinds()).toEqual(["arrival", "photo", "start", "completion"]);
  expect(states()).toEqual([]);
});

test("an upload that waits for a refused step is sent when that is settled, and the later steps are not sent before it", async () => {
  const { queue, network, states, act, photograph, finish, kinds } = phone();
  network.answer = ({ kind }) => (kind === "arrival" ? refusal(409, "illegal_transition") : null);
  network.online = false;
  await act("arrival");
  await photograph();
  await act("start");
  network.online = true;
  await queue.flush();
  expect(states()).toEqual(["arrival failed", "photo saved", "start saved"]);
  await queue.drop(queue.state.getState().actions[0]?.id ?? "");
  await finish();
  await queue.flush();
  expect(kinds()).toEqual(["arrival", "start", "photo"]);
});

test("uploads wait for the connection by themselves, and are sent one after another", async () => {
  const { network, states, perform, photograph, finish, kinds } = phone();
  network.answer = ({ kind }) => (kind === "photo 1" ? offline : null);
  const [first, second] = [photograph("photo 1"), photograph("photo 2")];
  await finish("photo 1");
  expect(await first).toBe("kept");
  expect(kinds()).not.toContain("photo 2");
  expect(await perform("start")).toBe("sent");
  network.answer = () => null;
  await finish("photo 1");
  await finish("photo 2");
  expect(await second).toBe("sent");
  expect(states()).toEqual([]);
  expect(kinds().filter((kind) => kind !== "photo 1").sort()).toEqual(["photo 2", "start"]);
});

test("a photo that is refused stops no other", async () => {
  const { queue, network, states, photograph, finish } = phone();
  network.answer = ({ kind }) => (kind === "photo 1" ? refusal(409, "photos_closed") : null);
  network.online = false;
  await photograph("photo 1");
  await photograph("photo 2");
  network.online = true;
  const flushed = queue.flush();
  for (const kind of ["photo 1", "photo 2"]) await finish(kind);
  await flushed;
  expect(states()).toEqual(["photo 1 failed"]);
});

test("an upload that a step overtakes says that it waited, and survives a reload with its key", async () => {
  const store = memoryStore();
  const before = phone(store);
  before.network.answer = ({ kind }) => (kind === "photo 1" ? offline : null);
  const taken = [before.photograph("photo 1"), before.photograph("photo 2")];
  await before.underWay("photo 1");
  expect(await before.perform("completion")).toBe("sent");
  before.network.online = false; // before the second one has begun
  await before.finish("photo 1");
  await Promise.all(taken);
  const kept = await store.all();
  expect(kept.map(({ kind, waited }) => [kind, waited])).toEqual([
    ["photo 1", true],
    ["photo 2", true],
  ]);

  const after = phone(store);
  const flushed = after.queue.flush();
  for (const kind of ["photo 1", "photo 2"]) await after.finish(kind);
  await flushed;
  expect(after.sent.map(({ kind, key, waited }) => [kind, key, waited])).toEqual(kept.map(({ kind, key }) => [kind, key, true]));
  expect(await store.all()).toEqual([]);
});

test("what the platform has is not kept again by a step that overtakes it at that moment", async () => {
  const store = memoryStore();
  const tabs = [phone(store), phone(store)] as const;
  tabs[0].network.online = false;
  await tabs[0].photograph();
  const [photo] = await store.all();
  await store.put({ ...(photo as Action), waited: false });
  const all = store.all.bind(store);
  vi.spyOn(store, "all").mockImplementation(async () => {
    const kept = await all();
    await store.remove(photo?.id ?? ""); // the other tab has sent it since then
    return kept;
  });
  expect(await tabs[1].perform("start")).toBe("sent");
  vi.restoreAllMocks();
  expect(await store.all()).toEqual([]);
});
