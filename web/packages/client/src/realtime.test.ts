import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type AuthProvider, RealtimeClient, type RealtimeSocket } from "./realtime.ts";

type Listener = (...args: never[]) => void;

/** A socket whose server is the test: `receive` delivers a message, `sent` holds what the client emitted. */
class FakeSocket implements RealtimeSocket {
  active = true;
  connectCalls = 0;
  sent: { name: string; args: unknown[] }[] = [];
  private readonly listeners = new Map<string, Listener>();
  private anyListener: (name: string, message: unknown) => void = () => undefined;

  on(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }
  onAny(listener: (name: string, message: unknown) => void): void {
    this.anyListener = listener;
  }
  emit(name: string, ...args: unknown[]): void {
    this.sent.push({ name, args });
  }
  connect(): void {
    this.connectCalls += 1;
  }
  disconnect(): void {
    this.receive("disconnect", "io client disconnect");
  }
  receive(name: string, ...args: unknown[]): void {
    this.anyListener(name, args[0]);
    this.listeners.get(name)?.(...(args as never[]));
  }
  receiveLatest(heads: Record<string, string>): void {
    this.receive("stream:heads", { heads });
  }
  receiveEvent(offset: number, { epoch = "e1", name = "rescue:status_update", stream = "ops:montreal" } = {}): void {
    this.receive(name, { id: `${epoch}-${offset}`, stream, cursor: `${epoch}:${offset}`, at: "", data: {} });
  }
  /** The sync requests sent so far; acknowledges each. */
  takeSyncRequests(): unknown[] {
    return this.sent
      .splice(0)
      .filter(({ name }) => name === "stream:sync")
      .map(({ args }) => {
        (args[1] as () => void)();
        return args[0];
      });
  }
}

function startClient(history = 0, reloadAfterGap = false) {
  const socket = new FakeSocket();
  const log: string[] = [];
  const getToken = vi.fn((rejected: boolean) => Promise.resolve(rejected ? "new-token" : "stored-token"));
  let auth: AuthProvider = () => undefined;
  const client = new RealtimeClient({
    url: "http://127.0.0.1:1",
    getToken,
    history,
    reloadAfterGap,
    onEvent: (_name, event, past) => log.push(past ? `past ${event.cursor}` : event.cursor),
    onPositions: () => log.push("positions"),
    onReload: () => log.push("reload"),
    onStatus: (status) => log.push(status),
    createSocket: (_url, provider) => {
      auth = provider;
      return socket;
    },
  });
  client.start();
  log.length = 0;
  const credentials = () => new Promise<{ token: string; since: Record<string, string> }>((resolve) => auth(resolve));
  return { client, socket, log, credentials, getToken };
}

const flushMicrotasks = () => Promise.resolve();

describe("events of a stream", () => {
  it("are delivered once and in order, after the state was loaded", () => {
    const { socket, log } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4", "user:usr_1": "e1:0" });
    for (const offset of [5, 6, 6, 4, 7]) socket.receiveEvent(offset);
    expect(log).toEqual(["reload", "e1:5", "e1:6", "e1:7"]);
  });

  it("are held back while an earlier event is missing, which is requested", async () => {
    const { socket, log } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receiveEvent(6);
    socket.receiveEvent(7);
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toEqual([{ since: { "ops:montreal": "e1:4" } }]);
    for (const offset of [5, 6, 7]) socket.receiveEvent(offset);
    expect(log).toEqual(["reload", "e1:5", "e1:6", "e1:7"]);
  });

  it("are requested when the latest position is ahead", async () => {
    const { socket } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toEqual([]);
    socket.receiveLatest({ "ops:montreal": "e1:6" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toEqual([{ since: { "ops:montreal": "e1:4" } }]);
  });

  it("advance the position whatever their name, so that none is requested twice", async () => {
    const { socket } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receiveEvent(5, { name: "something:new" });
    socket.receiveLatest({ "ops:montreal": "e1:5" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toEqual([]);
  });

  it("cause one reload when the epoch changes, and continue from there", () => {
    const { socket, log } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4", "user:usr_1": "e1:2" });
    socket.receiveLatest({ "ops:montreal": "e2:1", "user:usr_1": "e2:0" });
    socket.receiveEvent(2, { epoch: "e2" });
    expect(log).toEqual(["reload", "reload", "e2:2"]);
  });

  it("cause a reload when the server no longer has them", () => {
    const { socket, log } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receive("stream:reset", { heads: { "ops:montreal": "e1:90" } });
    socket.receiveEvent(91);
    expect(log).toEqual(["reload", "reload", "e1:91"]);
  });

  it("are marked as past when they were requested as history", async () => {
    const { socket, log } = startClient(2);
    socket.receiveLatest({ "ops:montreal": "e1:4", "user:usr_1": "e1:0" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toEqual([{ since: { "ops:montreal": "e1:2", "user:usr_1": "e1:0" } }]);
    for (const offset of [3, 4, 5]) socket.receiveEvent(offset);
    expect(log).toEqual(["reload", "past e1:3", "past e1:4", "e1:5"]);
  });

  it("that were missed are in the state that is loaded once, if the app wants that", async () => {
    const { socket, log } = startClient(0, true);
    socket.receiveLatest({ "ops:montreal": "e1:4", "user:usr_1": "e1:0" });
    socket.receiveLatest({ "ops:montreal": "e1:7", "user:usr_1": "e1:1" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toHaveLength(1);
    for (const offset of [5, 6, 7, 8]) socket.receiveEvent(offset);
    socket.receiveEvent(1, { stream: "user:usr_1" });
    expect(log).toEqual(["reload", "reload", "past e1:5", "past e1:6", "past e1:7", "e1:8", "past e1:1"]);
  });

  it("do not include driver positions, which have no cursor", () => {
    const { socket, log } = startClient();
    socket.receive("driver:location_update", { driver_id: "usr_2" });
    expect(log).toEqual(["positions"]);
  });
});

describe("the connection", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("sends its stream positions when it reconnects", async () => {
    const { socket, credentials } = startClient();
    expect(await credentials()).toEqual({ token: "stored-token", since: {} });
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receiveEvent(5);
    expect(await credentials()).toEqual({ token: "stored-token", since: { "ops:montreal": "e1:5" } });
  });

  it("reconnects after the server closed it", () => {
    const { socket, log } = startClient();
    socket.receive("connect");
    socket.receive("disconnect", "io server disconnect");
    expect(log).toEqual(["live", "offline"]);
    vi.advanceTimersByTime(5_000);
    expect(socket.connectCalls).toBe(2);
  });

  it("is not reported as offline when a token expired", () => {
    const { socket, log } = startClient();
    socket.receive("connect");
    socket.receive("auth:expired", { code: "expired" });
    socket.receive("disconnect", "io server disconnect");
    expect(log).toEqual(["live", "connecting"]);
  });

  it("requests a new token after a rejection, and backs off", async () => {
    const { socket, credentials, getToken } = startClient();
    socket.active = false;
    socket.receive("connect_error", new Error("unauthorized"));
    expect((await credentials()).token).toBe("new-token");
    expect(getToken).toHaveBeenLastCalledWith(true);
    vi.advanceTimersByTime(1_600);
    expect(socket.connectCalls).toBe(2);
    socket.receive("connect_error", new Error("unauthorized"));
    vi.advanceTimersByTime(900);
    expect(socket.connectCalls).toBe(2);
    vi.advanceTimersByTime(2_200);
    expect(socket.connectCalls).toBe(3);
  });

  it("leaves reconnecting after a network error to Socket.IO", () => {
    const { socket } = startClient();
    socket.receive("connect_error", new Error("websocket error"));
    vi.advanceTimersByTime(60_000);
    expect(socket.connectCalls).toBe(1);
  });

  it("is given up while the device has no network, and made as soon as it has one", () => {
    const { client, socket, log } = startClient();
    socket.receive("connect");
    client.pause();
    vi.advanceTimersByTime(60_000);
    expect(socket.connectCalls).toBe(1);
    client.resume();
    expect(socket.connectCalls).toBe(2);
    expect([...new Set(log)]).toEqual(["live", "offline", "connecting"]);
  });

  it("does not reconnect after stop()", () => {
    const { client, socket, log } = startClient();
    socket.receive("connect");
    socket.receive("disconnect", "io server disconnect");
    client.stop();
    vi.advanceTimersByTime(60_000);
    expect(socket.connectCalls).toBe(1);
    expect(log).toEqual(["live", "offline"]);
  });

  it("requests missing events again when the connection broke during a request", async () => {
    const { socket } = startClient();
    socket.receiveLatest({ "ops:montreal": "e1:4" });
    socket.receiveEvent(6);
    await flushMicrotasks();
    socket.sent = []; // never acknowledged
    socket.receive("connect");
    socket.receiveLatest({ "ops:montreal": "e1:6" });
    await flushMicrotasks();
    expect(socket.takeSyncRequests()).toHaveLength(1);
  });
});
