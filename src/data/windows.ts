/**
 * Long histories cut into sequences a model can read.
 */
import type { Random } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";

/** The rows `start <= row < end` of one user. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Fewer items than this say nothing about what comes next. */
const SHORTEST_WINDOW = 5;

/** The last `length` interactions of every user: one window each. */
export function lastWindows({ offsets }: Interactions, length: number): Window[] {
  const windows: Window[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const end = offsets[u + 1];
    const start = Math.max(offsets[u], end - length);
    if (end > start) windows.push({ start, end });
  }
  return windows;
}

/** How long the windows of one epoch are. */
export interface WindowLengths {
  readonly longest: number;
  /** Where it is below `longest`, each window draws its length, and short ones are as likely as long. */
  readonly shortest?: number | undefined;
}

/**
 * The whole history of every user, tiled with windows from its end. Where a history is longer than
 * one window, the first tile has a random length, so that the borders lie elsewhere in every epoch.
 */
export function tiledWindows(
  { offsets }: Interactions,
  { longest, shortest = longest }: WindowLengths,
  random: Random,
): Window[] {
  const nextLength = (): number =>
    shortest < longest ? logUniform(shortest, longest, random) : longest;
  const windows: Window[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const first = offsets[u];
    let end = offsets[u + 1];
    let length = end - first > longest ? random.nextInt(longest) : nextLength();
    while (end > first) {
      const start = Math.max(first, end - length);
      const isLong = end - start >= SHORTEST_WINDOW || end - first === end - start;
      if (isLong && end > start) windows.push({ start, end });
      end = start;
      length = nextLength();
    }
  }
  return windows;
}

/** Each doubling of the length is as likely as any other. */
function logUniform(lowest: number, highest: number, random: Random): number {
  return Math.floor(lowest * ((highest + 1) / lowest) ** random.next());
}

/** A window of which the rows from `firstTarget` on are to be predicted, each from those before it. */
export interface TargetWindow extends Window {
  readonly firstTarget: number;
}

/**
 * Windows in which every row of every user but the first is a target once. Where a history is longer
 * than one window, the first tile has a random length, so that the borders lie elsewhere in every
 * epoch.
 * @param numInputs - rows before the last target that a window holds at most.
 * @param numTargets - rows of a window that are targets at most. With fewer than inputs, each has at
 *   least `numInputs - numTargets + 1` rows before it, unless the history has fewer.
 */
export function targetWindows(
  { offsets }: Interactions,
  { numInputs, numTargets }: { readonly numInputs: number; readonly numTargets: number },
  random: Random,
): TargetWindow[] {
  const windows: TargetWindow[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const first = offsets[u];
    let end = offsets[u + 1];
    let length = end - first > numInputs + 1 ? 1 + random.nextInt(numTargets) : numInputs;
    while (end > first + 1) {
      const firstTarget = Math.max(first + 1, end - length);
      windows.push({ start: Math.max(first, end - 1 - numInputs), firstTarget, end });
      end = firstTarget;
      length = end - first > numInputs + 1 ? numTargets : numInputs;
    }
  }
  return windows;
}
