/**
 * What a user had seen before a target, and what of it the model is shown.
 */
import { userOfRow } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { type ProtocolOptions, targetRows } from "./protocol.ts";

/** One held-out row to be predicted. */
export interface Target {
  readonly userIndex: number;
  /** The itemIndex to be found. */
  readonly item: number;
  /** Its row among the interactions. */
  readonly row: number;
  /** The items shown to the model, oldest first, as itemIndex of the dataset. */
  readonly history: Uint32Array;
  /** What the user gave each of them; absent where the data have no ratings. */
  readonly ratings?: Float32Array | undefined;
}

/** The targets in the order of their rows, so those of one user are neighbours. */
export function listTargets(split: Split, options: ProtocolOptions): Target[] {
  const { offsets, items, ratings } = split.interactions;
  const hidden = new Set(options.excludeValidationFromHistory ? split.validation : []);
  return Array.from(targetRows(split, options), (row) => {
    const userIndex = userOfRow(offsets, row);
    const start = offsets[userIndex];
    const isShown = (_: number, i: number): boolean => !hidden.has(start + i);
    const before = items.subarray(start, row);
    const given = ratings?.subarray(start, row);
    return {
      userIndex,
      item: items[row],
      row,
      history: hidden.size === 0 ? before : before.filter(isShown),
      ratings: hidden.size === 0 ? given : given?.filter(isShown),
    };
  });
}
