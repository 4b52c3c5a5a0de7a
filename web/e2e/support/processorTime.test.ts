import { expect, test } from "vitest";

import { inProcessorTime, type TraceEvent } from "./processorTime.ts";

const event = (name: string, given: Partial<TraceEvent>): TraceEvent => ({ pid: 1, tid: 1, ph: "X", name, ts: 0, ...given });

test("a task takes the time that its thread ran, and what is in it moves with it", () => {
  const task = event("RunTask", { ts: 1_000, dur: 500, tts: 100, tdur: 200 });
  const inside = event("EvaluateScript", { ts: 1_300, dur: 150, tts: 150, tdur: 120 }); // 250 of the 300 before it were somebody else's
  const mark = event("Paint", { ph: "I", ts: 1_450, tts: 270 });
  expect(inProcessorTime([task, inside, mark])).toEqual([
    { ...task, dur: 200 },
    { ...inside, ts: 1_050, dur: 120 },
    { ...mark, ts: 1_170 },
  ]);
});

test("what is in no task, of another thread, or without a thread's time stays as it is", () => {
  const events = [event("RunTask", { ts: 0, dur: 100, tts: 0, tdur: 100 }), event("Other", { tid: 2, ts: 50, dur: 10 }), event("Late", { ts: 200, dur: 10, tts: 150, tdur: 5 }), event("Plain", { ph: "I", ts: 300 })];
  expect(inProcessorTime(events)).toEqual(events);
});
