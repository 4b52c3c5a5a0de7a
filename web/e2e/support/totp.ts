import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const STEP_S = 30;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of a TOTP secret (RFC 6238) now. */
export function totpCode(secret: string): string {
  const bits = secret.split("").map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/**
 * Calls `attempt` with the code of each step until one is accepted: a code works once, for whoever is first.  Only one
 * attempt in each step, because refused ones are counted and followed by pauses.
 */
export async function withUnusedCode<T>(secret: string, attempt: (code: string) => Promise<T | null>): Promise<T> {
  for (let steps = 0; steps < 4; steps += 1) {
    const result = await attempt(totpCode(secret));
    if (result !== null) return result;
    await sleep((STEP_S - ((Date.now() / 1000) % STEP_S)) * 1000 + 500);
  }
  throw new Error("no code was accepted");
}
