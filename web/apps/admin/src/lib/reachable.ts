import { toProblem } from "@supportcarr/client/http";
import axios, { type AxiosInstance } from "axios";
import { create } from "zustand";

const AWAY = new Set([0, 502, 503, 504]); // no response, or that of a proxy with nothing behind it
const MANY = 2; // one request alone may fail for many reasons

/** How many requests in a row had no answer of the platform. */
export const useUnanswered = create<{ requests: number }>(() => ({ requests: 0 }));

/** For use as a selector of `useUnanswered`. */
export const isReachable = ({ requests }: { requests: number }): boolean => requests < MANY;

/** Counts the requests of a client that have no answer. */
export function watchAnswers(http: AxiosInstance): void {
  http.interceptors.response.use(
    (response) => {
      if (useUnanswered.getState().requests > 0) useUnanswered.setState({ requests: 0 });
      return response;
    },
    (error: unknown) => {
      if (!axios.isCancel(error)) useUnanswered.setState(({ requests }) => ({ requests: AWAY.has(toProblem(error).status) ? requests + 1 : 0 }));
      throw error;
    },
  );
}
