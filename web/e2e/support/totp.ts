import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const STEP_S = 30;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of a TOTP secret (RFC 6238), `ahead` steps from now. */
export function totpCode(secret: string, ahead = 0): string {
  const bits = secret.split("").map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S) + ahead));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Calls `attempt` with one code after the other until it accepts one: a code works once, for whoever is first. */
export async function withUnusedCode<T>(secret: string, attempt: (code: string) => Promise<T | null>): Promise<T> {
  const until = Date.now() + 3 * STEP_S * 1000;
  for (;;) {
    for (const ahead of [0, 1]) {
      const result = await attempt(totpCode(secret, ahead));
      if (result !== null) return result;
    }
    if (Date.now() > until) throw new Error("no code was accepted");
    await sleep(5_000);
  }
}
