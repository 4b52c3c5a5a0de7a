import type { TestProject } from "vitest/node";

import { setUpCity } from "./setup.ts";

/** The city of the console's tests: simulated people drive and ask for help in it. */
export default (project: TestProject) => setUpCity(project, { riders: 8, drivers: 6 });
