/** The minor units of an amount as a person types it ("20", "20.50", "20,5"); `null` if it is none. */
export function readAmount(entered: string, fractionDigits: number): number | null {
  const match = /^\s*(\d{1,7})(?:[.,](\d{1,3}))?\s*$/.exec(entered);
  if (!match) return null;
  const fraction = match[2] ?? "";
  if (fraction.length > fractionDigits) return null;
  return Number(match[1]) * 10 ** fractionDigits + Number(fraction.padEnd(fractionDigits, "0") || 0);
}

/** How many digits the currency's minor unit has. */
export const fractionDigitsOf = (currency: string): number => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
