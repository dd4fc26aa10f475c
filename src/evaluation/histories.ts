/**
 * What a user had seen before a target, and what of it the model is shown.
 */
import { createRandom, shuffle } from "../common/random.ts";
import { userOfRow } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { gapsOf, type HistoryTimes, keepTimes } from "../data/time-gaps.ts";
import { type ProtocolOptions, targetRows } from "./protocol.ts";

/**
 * One held-out row to be predicted. Of times nothing is known where the data have none, or the
 * history is no longer in order.
 */
export interface Target extends HistoryTimes {
  readonly userIndex: number;
  /** The itemIndex to be found. */
  readonly item: number;
  /** Its row among the interactions. */
  readonly row: number;
  /**
   * The items shown to the model as itemIndex of the dataset, oldest first unless the protocol
   * shuffles them.
   */
  readonly history: Uint32Array;
  /** What the user gave each of them; absent where the data have no ratings. */
  readonly ratings?: Float32Array | undefined;
}

/** The targets in the order of their rows, so those of one user are neighbours. */
export function listTargets(split: Split, options: ProtocolOptions): Target[] {
  const { offsets, items, ratings, userIds } = split.interactions;
  const gaps = gapsOf(split.interactions) ?? undefined;
  const { seed = 1, historyOrder = "recorded" } = options;
  const hidden = new Set(options.excludeValidationFromHistory ? split.validation : []);
  return Array.from(targetRows(split, options), (row) => {
    const userIndex = userOfRow(offsets, row);
    const start = offsets[userIndex];
    const own = { userIndex, item: items[row], row };
    // Views cost nothing, and under a split by time there are many long histories.
    if (hidden.size === 0 && historyOrder === "recorded") {
      return {
        ...own,
        history: items.subarray(start, row),
        ratings: ratings?.subarray(start, row),
        gaps: gaps?.subarray(start, row),
        nextGap: gaps?.[row],
      };
    }
    const rows = Uint32Array.from({ length: row - start }, (_, i) => start + i);
    const shown = hidden.size === 0 ? rows : rows.filter((before) => !hidden.has(before));
    const times = { gaps: gaps?.subarray(start, row), nextGap: gaps?.[row] };
    const isShuffled = historyOrder === "shuffled";
    if (isShuffled) {
      // The outside id and the place in the history: other users cannot change the order.
      shuffle(shown, createRandom(seed, "history-order", userIds[userIndex], row - start));
    }
    return {
      ...own,
      history: shown.map((before) => items[before]),
      ratings: ratings ? Float32Array.from(shown, (before) => ratings[before]) : undefined,
      ...(!isShuffled && keepTimes(times, (i) => !hidden.has(start + i))),
    };
  });
}
