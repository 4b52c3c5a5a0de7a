import { hasDatabases } from "@supportcarr/client/browserStorage";

import type { PositionResult } from "../api/types.ts";
import { http, personId } from "../session.ts";
import type { BufferedPosition } from "./buffer.ts";
import { PositionReporter } from "./reporter.ts";
import { browserStorage, memoryStorage } from "./storage.ts";

/** Tells the platform where the driver is. */
export const reporter = new PositionReporter(
  hasDatabases() ? browserStorage<BufferedPosition>("positions") : memoryStorage<BufferedPosition>(),
  async (positions) => (await http.post<PositionResult>("/me/positions", positions)).data,
  personId,
);
