/** What is used of an event of a Chrome trace; times in microseconds, `tts` and `tdur` in those of its thread. */
export interface TraceEvent {
  pid: number;
  tid: number;
  ph: string;
  name: string;
  ts: number;
  dur?: number;
  tts?: number;
  tdur?: number;
}

interface Task {
  ts: number;
  end: number;
  tts: number;
}

/** The tasks of one thread that are not inside of another one. */
function tasksOf(events: readonly TraceEvent[]): Task[] {
  const tasks: Task[] = [];
  for (const { ph, name, ts, dur, tts, tdur } of events) {
    if (ph !== "X" || !name.endsWith("RunTask") || dur === undefined || tts === undefined || tdur === undefined) continue;
    if (ts >= (tasks.at(-1)?.end ?? 0)) tasks.push({ ts, end: ts + dur, tts });
  }
  return tasks;
}

/**
 * The trace as it would be if nothing else had used the processor: each task begins when it did and takes the time that
 * its thread ran.
 */
export function inProcessorTime<Event extends TraceEvent>(events: readonly Event[]): Event[] {
  const threads = new Map<string, Event[]>();
  for (const event of [...events].sort((a, b) => a.ts - b.ts)) {
    const thread = `${event.pid}:${event.tid}`;
    const known = threads.get(thread);
    if (known) known.push(event);
    else threads.set(thread, [event]);
  }
  const moved = [...threads.values()].flatMap((thread) => {
    const tasks = tasksOf(thread);
    let current = 0;
    return thread.map((event) => {
      while ((tasks[current]?.end ?? Infinity) < event.ts) current += 1;
      const task = tasks[current];
      if (!task || event.ts < task.ts || event.tts === undefined) return event;
      const ts = Math.min(event.ts, task.ts + Math.max(0, event.tts - task.tts));
      return event.tdur === undefined ? { ...event, ts } : { ...event, ts, dur: event.tdur };
    });
  });
  return moved.sort((a, b) => a.ts - b.ts);
}
