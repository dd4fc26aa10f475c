/**
 * Histories as BERT4Rec reads them when it recommends: the newest items, then the mask.
 */
import { maskToken, PADDING, toToken } from "../data/tokens.ts";
import type { Value } from "../runtime/session.ts";
import type { History } from "./recommender.ts";

/**
 * @param shape - `[B, L]` with at least as many rows as histories; the others are one mask each.
 * @returns int32 tokens `[B, L]`, padding first; of a longer history the newest `L - 1` items.
 */
export function maskedHistories(
  histories: readonly History[],
  shape: readonly [number, number],
  numItems: number,
): Value {
  const [batchSize, length] = shape;
  const tokens = new Int32Array(batchSize * length).fill(PADDING);
  for (let row = 0; row < batchSize; row++) {
    const items = histories[row]?.items ?? [];
    const last = (row + 1) * length - 1;
    tokens[last] = maskToken(numItems);
    const count = Math.min(items.length, length - 1);
    for (let back = 1; back <= count; back++)
      tokens[last - back] = toToken(items[items.length - back]);
  }
  return { dtype: "int32", shape, data: tokens };
}

/** The length a batch of histories needs, the mask included, rounded up to a multiple of `step`. */
export function scoringLength(
  histories: readonly History[],
  maxLength: number,
  step: number,
): number {
  const longest = Math.max(...histories.map(({ items }) => items.length)) + 1;
  return Math.min(Math.ceil(longest / step) * step, maxLength);
}
