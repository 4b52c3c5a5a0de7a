import { io } from "socket.io-client";

import { parsePosition, StreamPositions } from "./streamPositions.ts";

/** The envelope of an event in a stream. */
export interface StreamEvent<T = unknown> {
  id: string;
  stream: string;
  cursor: string;
  at: string;
  data: T;
}

/** Payload of `stream:heads` and `stream:reset`: the cursor of the latest event of each stream. */
interface LatestCursors {
  heads: Record<string, string>;
}

export type ConnectionStatus = "connecting" | "live" | "offline";

/** The part of a Socket.IO client socket that is used here. */
export interface RealtimeSocket {
  on(name: string, listener: (...args: never[]) => void): unknown;
  onAny(listener: (name: string, message: unknown) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
  /** Whether the socket reconnects by itself. */
  readonly active: boolean;
}

/** Called by the socket before each connection attempt to get the credentials. */
export type AuthProvider = (callback: (auth: { token: string; since: Record<string, string> }) => void) => void;

export interface RealtimeOptions {
  url: string;
  /** Returns an access token for one attempt; `rejected`: the server did not accept the last one. */
  getToken: (rejected: boolean) => Promise<string | null>;
  /** How many past events to request at the start (0: none). */
  history?: number;
  /** `past`: the event happened before the state was loaded, so the state already contains it. */
  onEvent: (name: string, event: StreamEvent, past: boolean) => void;
  onPositions: (positions: unknown) => void;
  /** The stream positions are known for the first time, or were lost: load the state over HTTP now. */
  onReload: () => void;
  onStatus: (status: ConnectionStatus) => void;
  /**
   * After the connection was lost the app loads its state over HTTP, once, as at the start: what was missed counts as
   * past.  Otherwise what was missed is delivered as if it happened now.
   */
  reloadAfterGap?: boolean;
  /** Creates the socket; tests pass a fake. */
  createSocket?: (url: string, auth: AuthProvider) => RealtimeSocket;
}

const isStreamEvent = (message: unknown): message is StreamEvent =>
  typeof message === "object" && message !== null && "stream" in message && "cursor" in message;

const RECONNECT_MIN_MS = 1_000;
const RECONNECT_MAX_MS = 15_000;

const createSocketIo = (url: string, auth: AuthProvider): RealtimeSocket =>
  io(url, { transports: ["websocket"], autoConnect: false, forceNew: true, reconnectionDelayMax: 5_000, auth });

/**
 * A Socket.IO connection that delivers each event of a stream exactly once and in order.  The server
 * first sends the latest position of each stream; then the app loads its state over HTTP, and later
 * events apply to it.  Missing events are requested.  When the server has started a new epoch, the app
 * is told to load its state again.
 */
export class RealtimeClient {
  private readonly positions = new StreamPositions();
  /** Per stream, the latest offset when the state was loaded. */
  private readonly loadedOffsets = new Map<string, number>();
  private readonly socket: RealtimeSocket;
  private stopped = true;
  private tokenRejected = false;
  private reconnectAttempts = 0;
  private tokenExpired = false;
  private syncPending = false;
  private reconnectTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: RealtimeOptions) {
    this.socket = (options.createSocket ?? createSocketIo)(options.url, (callback) => {
      const authenticate = (token: string | null) => callback({ token: token ?? "", since: this.positions.toCursors() });
      options.getToken(this.tokenRejected).then(authenticate, () => authenticate(null));
    });
    this.socket.on("connect", () => this.onConnect());
    this.socket.on("disconnect", (reason: string) => this.onDisconnect(reason));
    this.socket.on("connect_error", (error: Error) => this.onConnectError(error));
    this.socket.on("auth:expired", () => {
      this.tokenExpired = true;
    });
    this.socket.on("stream:heads", ({ heads }: LatestCursors) => this.onLatestCursors(heads));
    this.socket.on("stream:reset", ({ heads }: LatestCursors) => this.startStreams(heads, 0));
    this.socket.on("driver:location_update", (positions: unknown) => options.onPositions(positions));
    // Events of every name, also unknown ones: a position that is skipped would be requested for ever.
    this.socket.onAny((name, message) => {
      if (isStreamEvent(message)) this.onStreamEvent(name, message);
    });
  }

  start(): void {
    this.stopped = false;
    this.options.onStatus("connecting");
    this.socket.connect();
  }

  /** Disconnects; no callback is called afterwards. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.reconnectTimer);
    this.socket.disconnect();
  }

  /** The device has no network: the connection is given up at once, instead of when it has timed out. */
  pause(): void {
    if (this.stopped) return;
    clearTimeout(this.reconnectTimer);
    this.socket.disconnect();
    this.options.onStatus("offline");
  }

  /** The device has a network again. */
  resume(): void {
    if (this.stopped) return;
    this.reconnectAttempts = 0;
    this.options.onStatus("connecting");
    this.socket.connect();
  }

  // --- connection -----------------------------------------------------------------------------

  private onConnect(): void {
    this.tokenRejected = false;
    this.reconnectAttempts = 0;
    this.syncPending = false;
    this.options.onStatus("live");
  }

  private onDisconnect(reason: string): void {
    if (this.stopped) return;
    // An expired token is not an outage: the next connection with a new token is a moment away.
    this.options.onStatus(this.tokenExpired ? "connecting" : "offline");
    this.tokenExpired = false;
    // Socket.IO does not reconnect by itself after the server closed the connection (expired token, drain).
    if (reason === "io server disconnect") this.scheduleReconnect();
  }

  private onConnectError(error: Error): void {
    if (this.stopped) return;
    this.options.onStatus("offline");
    this.tokenRejected = error.message === "unauthorized";
    if (!this.socket.active) this.scheduleReconnect();
  }

  /** Exponential backoff with jitter. */
  private scheduleReconnect(): void {
    const delay = Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** this.reconnectAttempts);
    this.reconnectAttempts += 1;
    clearTimeout(this.reconnectTimer);
    this.reconnectTimer = setTimeout(() => this.socket.connect(), delay * (0.5 + Math.random()));
  }

  // --- streams --------------------------------------------------------------------------------

  private onLatestCursors(latest: Record<string, string>): void {
    const added: Record<string, string> = {};
    const reset: Record<string, string> = {};
    const behind: string[] = [];
    for (const [stream, cursor] of Object.entries(latest)) {
      if (!this.positions.has(stream)) added[stream] = cursor;
      else if (this.positions.compareWithLatest(stream, cursor) === "reset") reset[stream] = cursor;
      else if (this.positions.compareWithLatest(stream, cursor) === "gap") behind.push(stream);
    }
    this.startStreams(reset, 0);
    this.startStreams(added, this.options.history ?? 0);
    if (behind.length === 0) return;
    if (this.options.reloadAfterGap) {
      for (const stream of behind) this.loadedOffsets.set(stream, parsePosition(latest[stream] ?? "").offset);
      this.options.onReload();
    }
    this.requestMissing();
  }

  /** Starts reading `history` events before the latest position of each stream; the app loads its state. */
  private startStreams(latest: Record<string, string>, history: number): void {
    if (Object.keys(latest).length === 0) return;
    for (const [stream, cursor] of Object.entries(latest)) {
      const { epoch, offset } = parsePosition(cursor);
      this.positions.set(stream, { epoch, offset: Math.max(0, offset - history) });
      this.loadedOffsets.set(stream, offset);
      if (history > 0 && offset > 0) this.requestMissing();
    }
    this.options.onReload();
  }

  private onStreamEvent(name: string, event: StreamEvent): void {
    const check = this.positions.advance(event.stream, event.cursor);
    if (check === "next") {
      const past = parsePosition(event.cursor).offset <= (this.loadedOffsets.get(event.stream) ?? 0);
      this.options.onEvent(name, event, past);
    } else if (check === "gap") this.requestMissing();
    else if (check === "reset") this.startStreams({ [event.stream]: event.cursor }, 0);
  }

  /** Requests the missing events; only one request at a time, until the server has acknowledged it. */
  private requestMissing(): void {
    if (this.syncPending) return;
    this.syncPending = true;
    queueMicrotask(() => {
      this.socket.emit("stream:sync", { since: this.positions.toCursors() }, () => {
        this.syncPending = false;
      });
    });
  }
}
