// Prefixed ULIDs.
import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const POOL = new Uint8Array(16 * 1024);
let used = POOL.length;

export function newId(prefix) {
  if (used + 16 > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  let time = Date.now();
  let id = "";
  for (let i = 0; i < 10; i += 1) {
    id = ALPHABET[time % 32] + id;
    time = Math.floor(time / 32);
  }
  for (let i = 0; i < 16; i += 1) id += ALPHABET[POOL[used + i] & 31];
  used += 16;
  return `${prefix}_${id}`;
}
