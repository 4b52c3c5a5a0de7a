import { messages as en } from "./en.ts";

export const messages = en;
