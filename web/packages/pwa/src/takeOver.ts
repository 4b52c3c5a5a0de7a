/** What a page asks of a service worker that waits: to take over now. */
export const TAKE_OVER = "take-over";
