/**
 * Histories as a sequence model reads them when it recommends: the newest items, then, for one that
 * fills in, the mask; and what it reads besides.
 */
import { encodeFeatures, encodingWidth } from "../data/features/feature-encoding.ts";
import { maskToken, PADDING, toToken } from "../data/tokens.ts";
import type { Value } from "../runtime/session.ts";
import type { ModelManifest } from "./bundle-format.ts";
import type { History } from "./recommender.ts";
import { encodeRating, gapBucket, RATING_WIDTH } from "./side-information.ts";

/** The names of a graph's inputs, part of the bundle format. */
export const TOKENS_INPUT = "tokens";
export const RATINGS_INPUT = "ratings";
export const USERS_INPUT = "users";
export const GAPS_INPUT = "gaps";
export const NEXT_GAPS_INPUT = "next_gaps";

/** Those that a graph has, in their order. */
export function inputNamesOf({ ratings, users, gaps, nextGaps }: ModelManifest["input"]): string[] {
  return [
    TOKENS_INPUT,
    ...(ratings ? [RATINGS_INPUT] : []),
    ...(users ? [USERS_INPUT] : []),
    ...(gaps ? [GAPS_INPUT] : []),
    ...(nextGaps ? [NEXT_GAPS_INPUT] : []),
  ];
}

/** How many tokens a history becomes; a graph reads one at least. */
export function sequenceLength(
  { items }: History,
  { maxLength, appendsMask }: ModelManifest["input"],
): number {
  const length = Math.max(1, items.length + (appendsMask ? 1 : 0));
  return maxLength === null ? length : Math.min(length, maxLength);
}

/**
 * Everything that a graph reads of histories, by name.
 * @param shape - `[B, L]` with at least as many rows as histories; the others hold none.
 * @returns int32 tokens `[B, L]`, padding first; of a history that is too long the newest items.
 *   Where the model reads them, ratings `[B, L, 2]`, users `[B, G]`, and gaps and next gaps as int32
 *   `[B, L]`.
 */
export function historyInputs(
  histories: readonly History[],
  shape: readonly [number, number],
  input: ModelManifest["input"],
  numItems: number,
): Record<string, Value> {
  return {
    [TOKENS_INPUT]: historyTokens(histories, shape, input.appendsMask, numItems),
    ...(input.ratings && { [RATINGS_INPUT]: historyRatings(histories, shape, input.ratings) }),
    ...(input.users && { [USERS_INPUT]: historyUsers(histories, shape[0], input.users) }),
    ...(input.gaps && {
      [GAPS_INPUT]: historyGaps(histories, shape, ({ gaps }, i) => gaps?.[i]),
    }),
    ...(input.nextGaps && {
      [NEXT_GAPS_INPUT]: historyGaps(histories, shape, ({ items, gaps, nextGap }, i) =>
        i + 1 < items.length ? gaps?.[i + 1] : nextGap,
      ),
    }),
  };
}

function historyTokens(
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

/** Of padding nothing is known, and nothing said. */
function historyRatings(
  histories: readonly History[],
  [batchSize, length]: readonly [number, number],
  scale: NonNullable<ModelManifest["input"]["ratings"]>,
): Value {
  const data = new Float32Array(batchSize * length * RATING_WIDTH);
  for (const [row, { items, ratings }] of histories.entries()) {
    for (let i = Math.max(0, items.length - length); i < items.length; i++) {
      const at = (row + 1) * length - items.length + i;
      data.set(encodeRating(scale, ratings?.[i]), at * RATING_WIDTH);
    }
  }
  return { dtype: "float32", shape: [batchSize, length, RATING_WIDTH], data };
}

function historyGaps(
  histories: readonly History[],
  [batchSize, length]: readonly [number, number],
  gapOf: (history: History, i: number) => number | undefined,
): Value {
  const data = new Int32Array(batchSize * length).fill(gapBucket(undefined));
  for (const [row, history] of histories.entries()) {
    const { length: numItems } = history.items;
    for (let i = Math.max(0, numItems - length); i < numItems; i++) {
      data[(row + 1) * length - numItems + i] = gapBucket(gapOf(history, i));
    }
  }
  return { dtype: "int32", shape: [batchSize, length], data };
}

function historyUsers(
  histories: readonly History[],
  batchSize: number,
  encoding: NonNullable<ModelManifest["input"]["users"]>,
): Value {
  const width = encodingWidth(encoding);
  const data = new Float32Array(batchSize * width);
  for (const [row, { user }] of histories.entries()) {
    data.set(encodeFeatures(encoding, user), row * width);
  }
  return { dtype: "float32", shape: [batchSize, width], data };
}
