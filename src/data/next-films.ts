/**
 * The task of the informative encoder: ten films, then which five come next. A history is cut into
 * windows of fifteen that start ten apart, so that each window's targets are the first inputs of the
 * next.
 */
import { InputError } from "../common/errors.ts";
import { createRandom, type Random, shuffle } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";
import { keepRows } from "./keep-rows.ts";
import type { Window } from "./windows.ts";

/** How long a window is. */
export interface NextFilmsOptions {
  readonly numInputs: number;
  readonly numTargets: number;
}

/** As the task is described. */
export const NEXT_FIVE_OF_TEN: NextFilmsOptions = { numInputs: 10, numTargets: 5 };

export interface NextFilms extends NextFilmsOptions {
  readonly interactions: Interactions;
  /** The row of each window's first input; inputs and targets follow: `[W]`. */
  readonly starts: Uint32Array;
  /** The userIndex of each window: `[W]`. */
  readonly users: Uint32Array;
}

/** @throws InputError when no history is as long as a window. */
export function createNextFilms(
  interactions: Interactions,
  { numInputs, numTargets }: NextFilmsOptions,
): NextFilms {
  const { offsets } = interactions;
  const length = numInputs + numTargets;
  const starts: number[] = [];
  const users: number[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let start = offsets[u]; start + length <= offsets[u + 1]; start += numInputs) {
      starts.push(start);
      users.push(u);
    }
  }
  if (starts.length === 0) {
    throw new InputError(`next films: no history has ${length} items; give more data`);
  }
  return {
    interactions,
    numInputs,
    numTargets,
    starts: Uint32Array.from(starts),
    users: Uint32Array.from(users),
  };
}

/** Windows held out of training. Each list has indices of windows, ascending. */
export interface NextFilmsSplit {
  readonly kind: "next-films";
  readonly by: "window" | "user";
  readonly task: NextFilms;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

export interface SplitNextFilmsOptions extends NextFilmsOptions {
  /**
   * "window" draws among all windows, so that a viewer may be in several parts; "user" draws viewers,
   * with all of their windows.
   */
  readonly by: "window" | "user";
  /** Of all. */
  readonly testShare: number;
  /** Of what the test leaves. */
  readonly validationShare: number;
  readonly seed: number;
}

/** Holds shares of the windows out, drawn by chance: those of the test first. */
export function splitNextFilms(
  interactions: Interactions,
  options: SplitNextFilmsOptions,
): NextFilmsSplit {
  const { by, testShare, validationShare, seed } = options;
  const task = createNextFilms(interactions, options);
  const all = Uint32Array.from(task.starts.keys());
  const [rest, test] = holdOut(task, by, all, testShare, createRandom(seed, "next-films", by));
  const random = createRandom(seed, "next-films", by, "validation");
  const [train, validation] = holdOut(task, by, rest, validationShare, random);
  return { kind: "next-films", by, task, train, validation, test };
}

/** The split with a share of its training windows for validation, in the place of what it has. */
export function withInnerValidation(
  split: NextFilmsSplit,
  share: number,
  seed: number,
): NextFilmsSplit {
  const random = createRandom(seed, "next-films", split.by, "inner validation");
  const [train, validation] = holdOut(split.task, split.by, split.train, share, random);
  return { ...split, train, validation };
}

/** @returns what is left of the windows, and what is held out. */
function holdOut(
  { users }: NextFilms,
  by: "window" | "user",
  windows: Uint32Array,
  share: number,
  random: Random,
): [Uint32Array, Uint32Array] {
  const unitOf = (window: number): number => (by === "user" ? users[window] : window);
  const units = [...new Set(Array.from(windows, unitOf))];
  const held = new Set(shuffle(units, random).slice(0, Math.round(share * units.length)));
  return [
    windows.filter((window) => !held.has(unitOf(window))),
    windows.filter((window) => held.has(unitOf(window))),
  ];
}

/**
 * Which rows a model may learn to predict: `[R]`, 1 or 0. No target of a window that is held out is
 * among them, though it may be an input of the window after it, as the task has it; and none of the
 * viewers of whom no window is left to train on.
 */
export function trainableRows({ task, train, validation, test }: NextFilmsSplit): Uint8Array {
  const { interactions, starts, users, numInputs, numTargets } = task;
  const { offsets } = interactions;
  const isTrainable = new Uint8Array(interactions.items.length);
  for (const user of new Set(Array.from(train, (window) => users[window]))) {
    isTrainable.fill(1, offsets[user], offsets[user + 1]);
  }
  for (const window of [...validation, ...test]) {
    const start = starts[window] + numInputs;
    isTrainable.fill(0, start, start + numTargets);
  }
  return isTrainable;
}

/** The rows of `trainableRows` alone: what baselines and first weights are made of. */
export function trainableInteractions(split: NextFilmsSplit): Interactions {
  return keepRows(split.task.interactions, trainableRows(split));
}

/**
 * Windows to train on: of every viewer some that lie as far apart as they have inputs, from a place
 * drawn by chance, so that in time every row is predicted after every row that may precede it. The
 * first of a history has fewer inputs than the others: viewers begin somewhere.
 * @returns the inputs of each. At least one of the targets, which follow, may be learnt; a history
 *   may end before the last of them.
 */
export function drawWindows(
  { interactions, numInputs, numTargets }: NextFilms,
  isTrainable: Uint8Array,
  random: Random,
): Window[] {
  const { offsets } = interactions;
  const windows: Window[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const first = offsets[u] + 1 + random.nextInt(numInputs);
    for (let end = first; end < offsets[u + 1]; end += numInputs) {
      const targetsEnd = Math.min(end + numTargets, offsets[u + 1]);
      if (!isTrainable.subarray(end, targetsEnd).includes(1)) continue;
      windows.push({ start: Math.max(end - numInputs, offsets[u]), end });
    }
  }
  return windows;
}

/** The items that are shown of a window, oldest first. */
export function inputsOf(
  { interactions, starts, numInputs }: NextFilms,
  window: number,
): Uint32Array {
  return interactions.items.subarray(starts[window], starts[window] + numInputs);
}

/** The items that come next, in their order. */
export function targetsOf(task: NextFilms, window: number): Uint32Array {
  const start = task.starts[window] + task.numInputs;
  return task.interactions.items.subarray(start, start + task.numTargets);
}
