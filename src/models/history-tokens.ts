/**
 * Histories as a sequence model reads them when it recommends: the newest items, then, for one that
 * fills in, the mask.
 */
import { maskToken, PADDING, toToken } from "../data/tokens.ts";
import type { Value } from "../runtime/session.ts";
import type { ModelManifest } from "./bundle-format.ts";
import type { History } from "./recommender.ts";

/** How many tokens a history becomes; a graph reads one at least. */
export function sequenceLength(
  { items }: History,
  { maxLength, appendsMask }: ModelManifest["input"],
): number {
  const length = Math.max(1, items.length + (appendsMask ? 1 : 0));
  return maxLength === null ? length : Math.min(length, maxLength);
}

/**
 * @param shape - `[B, L]` with at least as many rows as histories; the others hold none.
 * @returns int32 tokens `[B, L]`, padding first; of a history that is too long the newest items.
 */
export function historyTokens(
  histories: readonly History[],
  shape: readonly [number, number],
  appendsMask: boolean,
  numItems: number,
): Value {
  const [batchSize, length] = shape;
  const tokens = new Int32Array(batchSize * length).fill(PADDING);
  for (let row = 0; row < batchSize; row++) {
    const items = histories[row]?.items ?? [];
    const start = row * length;
    let at = start + length;
    if (appendsMask) tokens[--at] = maskToken(numItems);
    for (let i = items.length - 1; i >= 0 && at > start; i--) tokens[--at] = toToken(items[i]);
  }
  return { dtype: "int32", shape, data: tokens };
}
