/**
 * The task of the informative encoder: ten films, then which five come next. Only the most-watched
 * films count, and viewers with enough of them; a history is cut into windows of fifteen that start
 * ten apart, so that each window's targets are the first inputs of the next.
 */
import { InputError } from "../common/errors.ts";
import { createRandom, shuffle } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";
import { dropEmpty, keepRows } from "./keep-rows.ts";

export interface NextFilmsOptions {
  /** How many of the most-watched films are kept. Default: 1,000. */
  readonly numFilms?: number;
  /** Default: 10. */
  readonly numInputs?: number;
  /** Default: 5. */
  readonly numTargets?: number;
}

export interface NextFilms {
  /** Of the films and viewers that are kept. */
  readonly interactions: Interactions;
  readonly numInputs: number;
  readonly numTargets: number;
  /** The row of each window's first input; inputs and targets follow: `[W]`. */
  readonly starts: Uint32Array;
  /** The userIndex of each window: `[W]`. */
  readonly users: Uint32Array;
}

/** @throws InputError when no viewer has enough of these films. */
export function createNextFilms(
  interactions: Interactions,
  { numFilms = 1000, numInputs = 10, numTargets = 5 }: NextFilmsOptions = {},
): NextFilms {
  const length = numInputs + numTargets;
  const kept = keepLongHistories(keepMostWatched(interactions, numFilms), length);
  const starts: number[] = [];
  const users: number[] = [];
  for (let u = 0; u + 1 < kept.offsets.length; u++) {
    for (let start = kept.offsets[u]; start + length <= kept.offsets[u + 1]; start += numInputs) {
      starts.push(start);
      users.push(u);
    }
  }
  if (starts.length === 0) {
    throw new InputError(
      `next films: no user has ${length} of the ${numFilms} most-watched films; give more data`,
    );
  }
  return {
    interactions: kept,
    numInputs,
    numTargets,
    starts: Uint32Array.from(starts),
    users: Uint32Array.from(users),
  };
}

/** Of films watched equally often the one that was first named is kept. */
function keepMostWatched(interactions: Interactions, numFilms: number): Interactions {
  const counts = new Uint32Array(interactions.itemIds.length);
  for (const item of interactions.items) counts[item]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const isKept = new Uint8Array(counts.length);
  for (const item of order.slice(0, numFilms)) isKept[item] = 1;
  return keepRows(
    interactions,
    Uint8Array.from(interactions.items, (item) => isKept[item]),
  );
}

function keepLongHistories(interactions: Interactions, minLength: number): Interactions {
  const { offsets, items } = interactions;
  const keep = new Uint8Array(items.length);
  for (let u = 0; u + 1 < offsets.length; u++) {
    if (offsets[u + 1] - offsets[u] >= minLength) keep.fill(1, offsets[u], offsets[u + 1]);
  }
  return dropEmpty(keepRows(interactions, keep));
}

/** Indices of windows, ascending. */
export interface WindowSplit {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Holds a share of the windows out, drawn by chance.
 * @param by - "window" draws among all of them, so that a viewer may be in both parts; "user" draws
 *   viewers, with all of their windows.
 * @param among - which windows are split. Default: all.
 */
export function splitWindows(
  { users, starts }: Pick<NextFilms, "users" | "starts">,
  by: "window" | "user",
  { testShare, seed }: { readonly testShare: number; readonly seed: number },
  among: Uint32Array = Uint32Array.from(starts.keys()),
): WindowSplit {
  const unitOf = (window: number): number => (by === "user" ? users[window] : window);
  const units = [...new Set(Array.from(among, unitOf))];
  const random = createRandom(seed, "next-films", by);
  const held = new Set(shuffle(units, random).slice(0, Math.round(testShare * units.length)));
  return {
    train: among.filter((window) => !held.has(unitOf(window))),
    test: among.filter((window) => held.has(unitOf(window))),
  };
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

/** Windows as histories of viewers of their own, targets included: what baselines learn from. */
export function windowsAsUsers(task: NextFilms, windows: Uint32Array): Interactions {
  const { interactions, starts, numInputs, numTargets } = task;
  const length = numInputs + numTargets;
  const items = new Uint32Array(windows.length * length);
  for (const [i, window] of windows.entries()) {
    items.set(interactions.items.subarray(starts[window], starts[window] + length), i * length);
  }
  return {
    itemIds: interactions.itemIds,
    userIds: Array.from(windows, String),
    offsets: Uint32Array.from({ length: windows.length + 1 }, (_, i) => i * length),
    items,
    ratings: null,
    timestamps: null,
  };
}
