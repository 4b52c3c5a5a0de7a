import { vi } from "vitest";

/** For what a test waits for: by default a second, which a busy machine may not be given. */
const WAIT_MS = 60_000;

const { setImmediate } = globalThis; // not the one of fake timers
const { waitFor } = vi;

/**
 * React runs the effects of what it has drawn in a later task.  A test that has found something goes on after them:
 * before, whether they had run was up to the scheduler of the machine.
 */
const effectsDone = () => new Promise((resolve) => setImmediate(resolve));

vi.waitFor = async (callback, options = {}) => {
  const value = await waitFor(callback, typeof options === "number" ? options : { timeout: WAIT_MS, ...options });
  await effectsDone();
  return value;
};

if (typeof document !== "undefined") {
  const { configure, getConfig } = await import("@testing-library/react");
  const before = getConfig();
  configure({
    asyncUtilTimeout: WAIT_MS,
    asyncWrapper: async (look) => {
      const found: unknown = await before.asyncWrapper(look);
      await effectsDone();
      return found;
    },
  });
}
