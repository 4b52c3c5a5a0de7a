import type { TestProject } from "vitest/node";

import { setUpCity } from "./setup.ts";

/** The city of the phones' tests: nobody is in it but the people of the tests. */
export default (project: TestProject) => setUpCity(project, { riders: 0, drivers: 0 });
