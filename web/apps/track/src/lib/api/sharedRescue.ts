import type { components } from "@supportcarr/client/api";
import { type Problem, toProblem } from "@supportcarr/client/http";
import { queryOptions } from "@tanstack/react-query";
import axios from "axios";

export type SharedRescue = components["schemas"]["SharedRescueView"];

const FINAL = new Set<SharedRescue["status"]>(["completed", "cancelled", "no_show", "unserved", "rejected", "aborted"]);
const LIVE_MS = 4_000;
const SLOW_MS = 20_000;

export const isOver = ({ status }: Pick<SharedRescue, "status">): boolean => FINAL.has(status);

/** How long until the page asks again: a few seconds while somebody is on the way, never after the end. */
export function nextAsk(shared: SharedRescue | undefined, problem: Problem | null): number | false {
  if (problem?.status === 404) return false;
  if (!shared) return LIVE_MS;
  if (isOver(shared)) return false;
  return shared.status === "scheduled" ? SLOW_MS : LIVE_MS;
}

export const sharedRescueQueries = {
  byToken: (token: string) =>
    queryOptions({
      queryKey: ["shared-rescue"], // without the token: it belongs into no key that is ever shown or stored
      queryFn: async (): Promise<SharedRescue> => (await axios.post<SharedRescue>("/api/v1/shared-rescues", { token }, { timeout: 15_000 })).data,
      retry: (failures, error) => toProblem(error).status !== 404 && failures < 2,
      refetchInterval: ({ state }) => nextAsk(state.data, state.error ? toProblem(state.error) : null),
    }),
};
