import { io } from "socket.io-client";

import { Cursors, parseCursor } from "./cursors.ts";

/** An event that counts, as the server wraps it. */
export interface StreamEvent<T = unknown> {
  id: string;
  stream: string;
  cursor: string;
  at: string;
  data: T;
}

interface Heads {
  heads: Record<string, string>;
}

export type Connection = "connecting" | "live" | "offline";

/** What is used of a Socket.IO socket. */
export interface Wire {
  on(name: string, listener: (...args: never[]) => void): unknown;
  onAny(listener: (name: string, message: unknown) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
  /** Whether it comes back by itself. */
  readonly active: boolean;
}

/** The credentials of one attempt to connect. */
export type GiveAuth = (give: (auth: { token: string; since: Record<string, string> }) => void) => void;

export interface RealtimeOptions {
  url: string;
  /** An access token for one attempt; `refused`: the server did not take the last one. */
  token: (refused: boolean) => Promise<string | null>;
  /** So many events that happened before are asked for at the start (0: none). */
  history?: number;
  /** `past`: it happened before the state was loaded, which therefore holds it already. */
  onEvent: (name: string, event: StreamEvent, past: boolean) => void;
  onPositions: (positions: unknown) => void;
  /** The first heads are known, or the streams were lost: load the state by REST now. */
  onReload: () => void;
  onConnection: (connection: Connection) => void;
  /** How a socket is made; tests give their own. */
  connect?: (url: string, auth: GiveAuth) => Wire;
}

const isStreamEvent = (message: unknown): message is StreamEvent =>
  typeof message === "object" && message !== null && "stream" in message && "cursor" in message;

const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 15_000;

const socketIo = (url: string, auth: GiveAuth): Wire =>
  io(url, { transports: ["websocket"], autoConnect: false, forceNew: true, reconnectionDelayMax: 5_000, auth });

/**
 * A Socket.IO connection that keeps the platform's promise of exactly-once events: heads first, then
 * the app loads by REST, then events apply in order; what was missed is asked for; what is gone
 * (another epoch) is answered by loading anew.
 */
export class Realtime {
  private readonly cursors = new Cursors();
  private readonly loadedAt = new Map<string, number>();
  private readonly socket: Wire;
  private stopped = true;
  private refused = false;
  private refusals = 0;
  private expired = false;
  private asking = false;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: RealtimeOptions) {
    this.socket = (options.connect ?? socketIo)(options.url, (give) => {
      const offer = (token: string | null) => give({ token: token ?? "", since: this.cursors.since() });
      options.token(this.refused).then(offer, () => offer(null));
    });
    this.socket.on("connect", () => this.connected());
    this.socket.on("disconnect", (reason: string) => this.disconnected(reason));
    this.socket.on("connect_error", (error: Error) => this.notConnected(error));
    this.socket.on("auth:expired", () => {
      this.expired = true;
    });
    this.socket.on("stream:heads", ({ heads }: Heads) => this.heads(heads));
    this.socket.on("stream:reset", ({ heads }: Heads) => this.begin(heads, 0));
    this.socket.on("driver:location_update", (positions: unknown) => options.onPositions(positions));
    // Whatever its name: a cursor that is not counted would be asked for again and again.
    this.socket.onAny((name, message) => {
      if (isStreamEvent(message)) this.event(name, message);
    });
  }

  start(): void {
    this.stopped = false;
    this.options.onConnection("connecting");
    this.socket.connect();
  }

  /** Nothing is told after this. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.again);
    this.socket.disconnect();
  }

  // --- the connection -------------------------------------------------------------------------

  private connected(): void {
    this.refused = false;
    this.refusals = 0;
    this.asking = false;
    this.options.onConnection("live");
  }

  private disconnected(reason: string): void {
    if (this.stopped) return;
    // A token that ran out is no trouble: the next one is a moment away.
    this.options.onConnection(this.expired ? "connecting" : "offline");
    this.expired = false;
    // The server ended it (its token ran out, a drain): Socket.IO does not come back by itself then.
    if (reason === "io server disconnect") this.later();
  }

  private notConnected(error: Error): void {
    if (this.stopped) return;
    this.options.onConnection("offline");
    this.refused = error.message === "unauthorized";
    if (!this.socket.active) this.later();
  }

  private later(): void {
    const wait = Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** this.refusals);
    this.refusals += 1;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.socket.connect(), wait * (0.5 + Math.random()));
  }

  // --- the streams ----------------------------------------------------------------------------

  private heads(heads: Record<string, string>): void {
    const first: Record<string, string> = {};
    const lost: Record<string, string> = {};
    let missing = false;
    for (const [stream, head] of Object.entries(heads)) {
      if (!this.cursors.knows(stream)) first[stream] = head;
      else if (this.cursors.head(stream, head) === "reset") lost[stream] = head;
      else missing ||= this.cursors.head(stream, head) === "gap";
    }
    this.begin(lost, 0);
    this.begin(first, this.options.history ?? 0);
    if (missing) this.ask();
  }

  /** Read these streams from their heads on, after what `history` adds; the state is loaded. */
  private begin(heads: Record<string, string>, history: number): void {
    if (Object.keys(heads).length === 0) return;
    for (const [stream, head] of Object.entries(heads)) {
      const { epoch, seq } = parseCursor(head);
      this.cursors.start(stream, `${epoch}:${Math.max(0, seq - history)}`);
      this.loadedAt.set(stream, seq);
      if (history > 0 && seq > 0) this.ask();
    }
    this.options.onReload();
  }

  private event(name: string, event: StreamEvent): void {
    const verdict = this.cursors.take(event.stream, event.cursor);
    if (verdict === "apply") {
      const past = parseCursor(event.cursor).seq <= (this.loadedAt.get(event.stream) ?? 0);
      this.options.onEvent(name, event, past);
    } else if (verdict === "gap") this.ask();
    else if (verdict === "reset") this.begin({ [event.stream]: event.cursor }, 0);
  }

  /** Ask for what is missing: once, until the server has taken note. */
  private ask(): void {
    if (this.asking) return;
    this.asking = true;
    queueMicrotask(() => {
      this.socket.emit("stream:sync", { since: this.cursors.since() }, () => {
        this.asking = false;
      });
    });
  }
}
