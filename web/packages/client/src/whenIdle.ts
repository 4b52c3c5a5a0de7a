const LATEST_MS = 1_000;

/**
 * Resolves when the browser has nothing to draw or to run, at the latest after a second: for what the person
 * does not wait for, so that it comes after what they do.
 */
export const whenIdle = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: LATEST_MS });
    else setTimeout(resolve); // Safari
  });
