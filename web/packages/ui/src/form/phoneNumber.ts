const NATIONAL_DIGITS = 10; // of the North American numbering plan

/**
 * A number as a person types it, with its country code: ten digits are one of the plan of *code* 1, `00` stands for `+`.
 * What is neither stays as it is; the server says what is wrong with it.
 */
export function withCountryCode(typed: string, code = "1"): string {
  const text = typed.trim();
  const digits = text.replaceAll(/\D/g, "");
  if (text.startsWith("+")) return digits.startsWith("1") && digits.length === NATIONAL_DIGITS + 1 ? inGroups(digits) : text;
  if (digits.startsWith("00")) return `+${digits.slice(2)}`;
  if (digits.length === NATIONAL_DIGITS && code === "1") return inGroups(`1${digits}`);
  if (digits.length === NATIONAL_DIGITS + 1 && digits.startsWith("1")) return inGroups(digits);
  return text;
}

/** `+1 514 555 0142` */
const inGroups = (digits: string): string => `+1 ${digits.slice(1, 4)} ${digits.slice(4, 7)} ${digits.slice(7)}`;
