import { toProblem } from "@supportcarr/client/http";

import { mayRetry, sendable, type Step } from "./steps.ts";
import type { Storage } from "./storage.ts";

export interface OutboxOptions {
  storage: Storage<Step>;
  /** Sends one step; `late`: it was not sent at the moment when it happened. */
  send: (step: Step, late: boolean) => Promise<unknown>;
  /** Sends what has to be known before: the driver's positions. */
  before: () => Promise<void>;
  onChange: (steps: readonly Step[]) => void;
  /** A step has arrived at the platform. */
  onSent: (step: Step) => void;
}

/** Steps that are sent in order, each once it is possible; one that the platform refuses holds up those behind it. */
export class Outbox {
  private steps: Step[] = [];
  private readonly tried = new Set<string>();
  private flushing: Promise<void> | null = null;

  constructor(private readonly options: OutboxOptions) {}

  /** Takes up what an earlier page has left; all of that is late. */
  async restore(): Promise<void> {
    const stored = await this.options.storage.all();
    stored.forEach(({ id }) => this.tried.add(id));
    this.steps = [...stored, ...this.steps.filter(({ id }) => !this.tried.has(id))];
    this.options.onChange(this.steps);
  }

  /**
   * Keeps the step and tries to send it.  Resolves to `sent`, or to `queued` without a connection; rejects with the
   * problem if the platform refuses it at once, and then the step is not kept.
   */
  async perform(step: Step): Promise<"sent" | "queued"> {
    await this.options.storage.put(step);
    this.change([...this.steps, step]);
    await this.flush();
    const kept = this.steps.find(({ id }) => id === step.id);
    if (!kept) return "sent";
    if (!kept.refused) return "queued";
    const { refused } = kept;
    await this.drop(step.id);
    throw new RefusedStep(refused.code, refused.detail);
  }

  /** Sends what can be sent; one at a time. */
  flush(): Promise<void> {
    this.flushing = (this.flushing ?? Promise.resolve()).then(() => this.sendAll());
    return this.flushing;
  }

  async drop(id: string): Promise<void> {
    await this.options.storage.remove(id);
    this.change(this.steps.filter((step) => step.id !== id));
  }

  /** Drops the steps of a job, which was ended otherwise. */
  async dropJob(rescueId: string): Promise<void> {
    for (const { id } of this.steps.filter((step) => step.rescueId === rescueId)) await this.drop(id);
  }

  /** Tries a refused step again. */
  async retry(id: string): Promise<void> {
    const step = this.steps.find((one) => one.id === id);
    if (!step) return;
    const again = { ...step };
    delete again.refused;
    await this.replace(again);
    await this.flush();
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      const [next] = sendable(this.steps);
      if (!next) return;
      const late = this.tried.has(next.id);
      this.tried.add(next.id);
      try {
        await this.options.before();
        await this.options.send(next, late);
      } catch (error) {
        const problem = toProblem(error);
        if (mayRetry(problem.status)) return;
        await this.replace({ ...next, refused: { code: problem.code, detail: problem.errors?.map(({ detail }) => detail).join(" ") || problem.detail } });
        continue;
      }
      await this.drop(next.id);
      this.options.onSent(next);
    }
  }

  private async replace(step: Step): Promise<void> {
    await this.options.storage.put(step);
    this.change(this.steps.map((one) => (one.id === step.id ? step : one)));
  }

  private change(steps: Step[]): void {
    this.steps = steps;
    this.options.onChange(steps);
  }
}

/** The platform has refused a step; `code` and `detail` are those of its problem. */
export class RefusedStep extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}
