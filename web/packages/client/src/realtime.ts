import { io, type Socket } from "socket.io-client";

import { Cursors } from "./cursors.ts";

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

export interface RealtimeOptions {
  url: string;
  /** A fresh access token for each attempt. */
  token: () => Promise<string | null>;
  /** The names of events that count. */
  events: readonly string[];
  onEvent: (name: string, event: StreamEvent) => void;
  onPositions: (positions: unknown) => void;
  /** The first heads are known, or the streams were lost: load the state by REST now. */
  onReload: () => void;
  onConnection: (connection: Connection) => void;
}

/**
 * A Socket.IO connection that keeps the platform's promise of exactly-once events: heads first, then
 * the app loads by REST, then events apply in order; what was missed is asked for; what is gone
 * (another epoch) is answered by loading anew.
 */
export class Realtime {
  private readonly cursors = new Cursors();
  private readonly socket: Socket;

  constructor(private readonly options: RealtimeOptions) {
    this.socket = io(options.url, {
      transports: ["websocket"],
      autoConnect: false,
      auth: (give) => {
        void options.token().then((token) => give({ token: token ?? "", since: this.cursors.since() }));
      },
    });
    this.socket.on("connect", () => options.onConnection("live"));
    this.socket.on("disconnect", (reason) => {
      options.onConnection("offline");
      // The server ended it (its token ran out, a drain): Socket.IO does not come back by itself then.
      if (reason === "io server disconnect") this.later();
    });
    this.socket.on("connect_error", () => {
      options.onConnection("offline");
      if (!this.socket.active) this.later();
    });
    this.socket.on("stream:heads", ({ heads }: Heads) => this.heads(heads));
    this.socket.on("stream:reset", ({ heads }: Heads) => this.reset(heads));
    this.socket.on("driver:location_update", options.onPositions);
    for (const name of options.events) {
      this.socket.on(name, (event: StreamEvent) => this.event(name, event));
    }
  }

  start(): void {
    this.options.onConnection("connecting");
    this.socket.connect();
  }

  stop(): void {
    this.socket.disconnect();
  }

  private later(): void {
    setTimeout(() => this.socket.connect(), 1_000 + Math.random() * 1_000);
  }

  private heads(heads: Record<string, string>): void {
    let missing = false;
    for (const [stream, head] of Object.entries(heads)) {
      if (!this.cursors.knows(stream)) {
        this.cursors.start(stream, head);
        this.options.onReload();
        continue;
      }
      const verdict = this.cursors.head(stream, head);
      if (verdict === "reset") this.reset({ [stream]: head });
      missing ||= verdict === "gap";
    }
    if (missing) this.sync();
  }

  private reset(heads: Record<string, string>): void {
    for (const [stream, head] of Object.entries(heads)) this.cursors.start(stream, head);
    this.options.onReload();
  }

  private event(name: string, event: StreamEvent): void {
    const verdict = this.cursors.take(event.stream, event.cursor);
    if (verdict === "apply") this.options.onEvent(name, event);
    else if (verdict === "gap") this.sync();
    else if (verdict === "reset") this.reset({ [event.stream]: event.cursor });
  }

  private sync(): void {
    this.socket.emit("stream:sync", { since: this.cursors.since() });
  }
}
