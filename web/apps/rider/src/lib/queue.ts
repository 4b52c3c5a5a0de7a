import { createQueue } from "@supportcarr/pwa/queue";

import { http, onPersonChange, personId } from "./session.ts";

/** What the rider did, until the platform has it. */
export const queue = createQueue("rider", http, personId, onPersonChange);
