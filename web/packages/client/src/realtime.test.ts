import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type GiveAuth, Realtime, type Wire } from "./realtime.ts";

type Listener = (...args: never[]) => void;

/** The server's side of a socket: `fire` is what it sends, `sent` what it got. */
class FakeSocket implements Wire {
  active = true;
  connects = 0;
  sent: { name: string; args: unknown[] }[] = [];
  private readonly listeners = new Map<string, Listener>();
  private any: (name: string, message: unknown) => void = () => undefined;

  on(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }
  onAny(listener: (name: string, message: unknown) => void): void {
    this.any = listener;
  }
  emit(name: string, ...args: unknown[]): void {
    this.sent.push({ name, args });
  }
  connect(): void {
    this.connects += 1;
  }
  disconnect(): void {
    this.fire("disconnect", "io client disconnect");
  }
  fire(name: string, ...args: unknown[]): void {
    this.any(name, args[0]);
    this.listeners.get(name)?.(...(args as never[]));
  }
  heads(heads: Record<string, string>): void {
    this.fire("stream:heads", { heads });
  }
  event(seq: number, { epoch = "e1", name = "rescue:status_update", stream = "ops:montreal" } = {}): void {
    this.fire(name, { id: `${epoch}-${seq}`, stream, cursor: `${epoch}:${seq}`, at: "", data: {} });
  }
  /** What was asked for, each acknowledged now. */
  syncs(): unknown[] {
    return this.sent
      .splice(0)
      .filter(({ name }) => name === "stream:sync")
      .map(({ args }) => {
        (args[1] as () => void)();
        return args[0];
      });
  }
}

function started(history = 0) {
  const socket = new FakeSocket();
  const log: string[] = [];
  const token = vi.fn((refused: boolean) => Promise.resolve(refused ? "fresh" : "kept"));
  let auth: GiveAuth = () => undefined;
  const realtime = new Realtime({
    url: "http://127.0.0.1:1",
    token,
    history,
    onEvent: (_name, event, past) => log.push(past ? `past ${event.cursor}` : event.cursor),
    onPositions: () => log.push("positions"),
    onReload: () => log.push("reload"),
    onConnection: (connection) => log.push(connection),
    connect: (_url, give) => {
      auth = give;
      return socket;
    },
  });
  realtime.start();
  log.length = 0;
  const credentials = () => new Promise<{ token: string; since: Record<string, string> }>((resolve) => auth(resolve));
  return { realtime, socket, log, credentials, token };
}

const settled = () => Promise.resolve();

describe("events of a stream", () => {
  it("come after heads and a load, each once, in order", () => {
    const { socket, log } = started();
    socket.heads({ "ops:montreal": "e1:4", "user:usr_1": "e1:0" });
    for (const seq of [5, 6, 6, 4, 7]) socket.event(seq);
    expect(log).toEqual(["reload", "e1:5", "e1:6", "e1:7"]);
  });

  it("are asked for when one is missing, and wait for it", async () => {
    const { socket, log } = started();
    socket.heads({ "ops:montreal": "e1:4" });
    socket.event(6);
    socket.event(7);
    await settled();
    expect(socket.syncs()).toEqual([{ since: { "ops:montreal": "e1:4" } }]);
    for (const seq of [5, 6, 7]) socket.event(seq);
    expect(log).toEqual(["reload", "e1:5", "e1:6", "e1:7"]);
  });

  it("are asked for when the heads have gone further", async () => {
    const { socket } = started();
    socket.heads({ "ops:montreal": "e1:4" });
    socket.heads({ "ops:montreal": "e1:4" });
    await settled();
    expect(socket.syncs()).toEqual([]);
    socket.heads({ "ops:montreal": "e1:6" });
    await settled();
    expect(socket.syncs()).toEqual([{ since: { "ops:montreal": "e1:4" } }]);
  });

  it("are counted whatever their name, so that none is asked for twice", async () => {
    const { socket } = started();
    socket.heads({ "ops:montreal": "e1:4" });
    socket.event(5, { name: "something:new" });
    socket.heads({ "ops:montreal": "e1:5" });
    await settled();
    expect(socket.syncs()).toEqual([]);
  });

  it("of another epoch mean one load of everything, and go on from there", () => {
    const { socket, log } = started();
    socket.heads({ "ops:montreal": "e1:4", "user:usr_1": "e1:2" });
    socket.heads({ "ops:montreal": "e2:1", "user:usr_1": "e2:0" });
    socket.event(2, { epoch: "e2" });
    expect(log).toEqual(["reload", "reload", "e2:2"]);
  });

  it("that are gone are answered by a load", () => {
    const { socket, log } = started();
    socket.heads({ "ops:montreal": "e1:4" });
    socket.fire("stream:reset", { heads: { "ops:montreal": "e1:90" } });
    socket.event(91);
    expect(log).toEqual(["reload", "reload", "e1:91"]);
  });

  it("of the past are told as such, when they were wished", async () => {
    const { socket, log } = started(2);
    socket.heads({ "ops:montreal": "e1:4", "user:usr_1": "e1:0" });
    await settled();
    expect(socket.syncs()).toEqual([{ since: { "ops:montreal": "e1:2", "user:usr_1": "e1:0" } }]);
    for (const seq of [3, 4, 5]) socket.event(seq);
    expect(log).toEqual(["reload", "past e1:3", "past e1:4", "e1:5"]);
  });

  it("leave positions alone, which have no cursor", () => {
    const { socket, log } = started();
    socket.fire("driver:location_update", { driver_id: "usr_2" });
    expect(log).toEqual(["positions"]);
  });
});

describe("the connection", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("says where it stands when it returns", async () => {
    const { socket, credentials } = started();
    expect(await credentials()).toEqual({ token: "kept", since: {} });
    socket.heads({ "ops:montreal": "e1:4" });
    socket.event(5);
    expect(await credentials()).toEqual({ token: "kept", since: { "ops:montreal": "e1:5" } });
  });

  it("returns by itself when the server closed it", () => {
    const { socket, log } = started();
    socket.fire("connect");
    socket.fire("disconnect", "io server disconnect");
    expect(log).toEqual(["live", "offline"]);
    vi.advanceTimersByTime(5_000);
    expect(socket.connects).toBe(2);
  });

  it("is not called offline for a token that ran out", () => {
    const { socket, log } = started();
    socket.fire("connect");
    socket.fire("auth:expired", { code: "expired" });
    socket.fire("disconnect", "io server disconnect");
    expect(log).toEqual(["live", "connecting"]);
  });

  it("asks for another token when one was refused, and waits longer each time", async () => {
    const { socket, credentials, token } = started();
    socket.active = false;
    socket.fire("connect_error", new Error("unauthorized"));
    expect((await credentials()).token).toBe("fresh");
    expect(token).toHaveBeenLastCalledWith(true);
    vi.advanceTimersByTime(1_600);
    expect(socket.connects).toBe(2);
    socket.fire("connect_error", new Error("unauthorized"));
    vi.advanceTimersByTime(900);
    expect(socket.connects).toBe(2);
    vi.advanceTimersByTime(2_200);
    expect(socket.connects).toBe(3);
  });

  it("leaves a broken line to Socket.IO, which tries again by itself", () => {
    const { socket } = started();
    socket.fire("connect_error", new Error("websocket error"));
    vi.advanceTimersByTime(60_000);
    expect(socket.connects).toBe(1);
  });

  it("is over when it was stopped", () => {
    const { realtime, socket, log } = started();
    socket.fire("connect");
    socket.fire("disconnect", "io server disconnect");
    realtime.stop();
    vi.advanceTimersByTime(60_000);
    expect(socket.connects).toBe(1);
    expect(log).toEqual(["live", "offline"]);
  });

  it("asks anew for what is missing after it was lost while asking", async () => {
    const { socket } = started();
    socket.heads({ "ops:montreal": "e1:4" });
    socket.event(6);
    await settled();
    socket.sent = []; // never acknowledged
    socket.fire("connect");
    socket.heads({ "ops:montreal": "e1:6" });
    await settled();
    expect(socket.syncs()).toHaveLength(1);
  });
});
