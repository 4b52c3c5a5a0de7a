/** How often a PIN may still be entered, as the platform's sentence about a wrong one says; `null`: it does not say. */
export function triesLeft(detail: string): number | null {
  const found = /\b(\d+)\b/.exec(detail)?.[1];
  return found === undefined ? null : Number(found);
}
