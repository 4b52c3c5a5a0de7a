const DONE = "succeeded";

/** The address of a page of the emulator that leads back to `here` afterwards. */
export const pageWithReturn = (page: string, here: string): string => `${page}&return=${encodeURIComponent(here)}`;

/** What a page for cards has added to the address that it led back to; `null`: nothing. */
export function returnedFrom(search: string): { setupIntent: string | null; succeeded: boolean; rest: string } | null {
  const params = new URLSearchParams(search);
  const status = params.get("redirect_status");
  const setupIntent = params.get("setup_intent");
  if (status === null || (setupIntent === null && params.get("payment_intent") === null)) return null;
  for (const name of ["redirect_status", "setup_intent", "setup_intent_client_secret", "payment_intent", "payment_intent_client_secret"]) params.delete(name);
  const rest = params.toString();
  return { setupIntent, succeeded: status === DONE, rest: rest ? `?${rest}` : "" };
}
