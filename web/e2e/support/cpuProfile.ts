import type { CDPSession } from "playwright-core";

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: number[];
}

/** What V8's sampling profiler returns; times in microseconds. */
export interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
}

/** How long code of ours ran, in ms. */
export interface ScriptTime {
  /** In each frame of 1/60 s in which it ran at all. */
  perFrame: number[];
  /** The longest stretch without a pause. */
  longestTask: number;
}

const FRAME_MS = 1_000 / 60;
const IDLE = new Set(["(idle)", "(program)", "(root)"]);

/** Records what runs on the main thread during `during`. */
export async function recordProfile(session: CDPSession, during: () => Promise<void>): Promise<CpuProfile> {
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: 200 });
  await session.send("Profiler.start");
  await during();
  const { profile } = await session.send("Profiler.stop");
  return profile as CpuProfile;
}

/**
 * The time of code of ours: samples whose stack has a function from a script that `isOurs` accepts, so that what a
 * library does for us counts, and what it does by itself does not.
 */
export function scriptTime({ nodes, samples, timeDeltas }: CpuProfile, isOurs: (url: string) => boolean): ScriptTime {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ours = new Set<number>();
  const idle = new Set(nodes.filter(({ callFrame }) => IDLE.has(callFrame.functionName)).map(({ id }) => id));
  const visit = (node: ProfileNode, inside: boolean): void => {
    const here = inside || isOurs(node.callFrame.url);
    if (here) ours.add(node.id);
    for (const child of node.children ?? []) {
      const found = byId.get(child);
      if (found) visit(found, here);
    }
  };
  const root = nodes[0];
  if (root) visit(root, false);

  const frames = new Map<number, number>();
  let now = 0;
  let task = 0;
  let longestTask = 0;
  samples.forEach((sample, index) => {
    const ms = (timeDeltas[index] ?? 0) / 1_000;
    now += ms;
    if (idle.has(sample)) {
      task = 0;
      return;
    }
    if (!ours.has(sample)) return;
    task += ms;
    longestTask = Math.max(longestTask, task);
    const frame = Math.floor(now / FRAME_MS);
    frames.set(frame, (frames.get(frame) ?? 0) + ms);
  });
  return { perFrame: [...frames.values()].sort((a, b) => a - b), longestTask };
}

export const quantile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
