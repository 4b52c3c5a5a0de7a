import { AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from "axios";

import { toProblem } from "./http.ts";

/**
 * A step-up: a request needs a fresh code of the person's authenticator app.  The HTTP client asks for one,
 * a dialog answers, and all requests that wait go on.
 */
export interface StepUp {
  /** Resolves to true when the person has confirmed, to false when they cancelled. */
  ask: () => Promise<boolean>;
  /** Sends the code; rejects with the problem if it is wrong, and the question stays. */
  answer: (code: string) => Promise<void>;
  cancel: () => void;
  isAsked: () => boolean;
  subscribe: (listener: () => void) => () => void;
}

/** `send` exchanges a code for the right to go on. */
export function createStepUp(send: (code: string) => Promise<void>): StepUp {
  const listeners = new Set<() => void>();
  let waiting: ((confirmed: boolean) => void)[] = [];
  const notify = () => listeners.forEach((listener) => listener());

  function settle(confirmed: boolean) {
    const settled = waiting;
    waiting = [];
    settled.forEach((resolve) => resolve(confirmed));
    notify();
  }

  return {
    ask: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        notify();
      }),
    answer: async (code) => {
      await send(code);
      settle(true);
    },
    cancel: () => settle(false),
    isAsked: () => waiting.length > 0,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type RepeatedRequest = InternalAxiosRequestConfig & { repeatedAfterStepUp?: boolean };

/** Makes `http` ask for a step-up when a response says that it is required, and send the request again. */
export function repeatAfterStepUp(http: AxiosInstance, stepUp: StepUp): void {
  http.interceptors.response.use(undefined, async (error: unknown) => {
    const request = error instanceof AxiosError ? (error.config as RepeatedRequest | undefined) : undefined;
    if (!request || request.repeatedAfterStepUp || toProblem(error).code !== "step_up_required") throw error;
    if (!(await stepUp.ask())) throw error;
    request.repeatedAfterStepUp = true;
    return http.request(request);
  });
}
