import axios, { AxiosError, AxiosHeaders } from "axios";
import { beforeEach, expect, it } from "vitest";

import { isReachable, useUnanswered, watchAnswers } from "./reachable.ts";

beforeEach(() => useUnanswered.setState({ requests: 0 }));

it("the platform is away after two requests without its answer, until the next answer, whatever that says", async () => {
  const statuses = [0, 200, 0, 503, 404];
  const http = axios.create({
    adapter: (config) => {
      const status = statuses.shift() ?? 200;
      const response = { status, statusText: "", data: {}, headers: {}, config };
      if (status === 200) return Promise.resolve(response);
      return Promise.reject(status === 0 ? new AxiosError("Network Error", "ERR_NETWORK", config) : new AxiosError("", "", config, null, { ...response, config: { headers: new AxiosHeaders() } }));
    },
  });
  watchAnswers(http);
  const seen: boolean[] = [];
  while (statuses.length > 0) {
    await http.get("/clock").catch(() => undefined);
    seen.push(isReachable(useUnanswered.getState()));
  }
  expect(seen).toEqual([true, true, true, false, true]);
});
