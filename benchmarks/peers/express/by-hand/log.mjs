// JSON lines through pino, gathered and written off the request's path.
import { pino } from "pino";

export function openLog(file) {
  const destination = pino.destination({
    dest: file,
    sync: false,
    minLength: 65_536,
    maxWrite: 1_048_576,
    periodicFlush: 100,
  });
  return pino(
    {
      base: null,
      messageKey: "event",
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
