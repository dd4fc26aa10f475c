/**
 * Against which items a target is ranked.
 */
import { createRandom } from "../common/random.ts";
import type { Split } from "../data/split.ts";
import { topK } from "../metrics/top-k.ts";
import type { Target } from "./histories.ts";
import { NUM_NEGATIVES, type ProtocolOptions } from "./protocol.ts";

/**
 * Marks in `hidden` what is not ranked for one target: 0 for a candidate, 1 for all else: `[N]`.
 * Returns how many candidates compete with the target.
 */
export type HideItems = (target: Target, hidden: Uint8Array) => number;

/** @param counts - training interactions of each item: `[N]`. */
export function createHideItems(
  split: Split,
  options: ProtocolOptions,
  counts: ArrayLike<number>,
): HideItems {
  const { offsets, items, userIds } = split.interactions;
  if (options.protocol === "full") {
    return (target, hidden) => {
      hidden.fill(0);
      for (let r = offsets[target.userIndex]; r < target.row; r++) hidden[items[r]] = 1;
      hidden[target.item] = 0;
      let competitors = -1;
      for (const value of hidden) competitors += 1 - value;
      return competitors;
    };
  }
  const draw = options.protocol === "uniform100" ? drawUniform : drawPopular;
  return (target, hidden) => {
    const { userIndex, row, item } = target;
    const start = offsets[userIndex];
    const touched = new Uint8Array(hidden.length);
    for (let r = start; r < offsets[userIndex + 1]; r++) touched[items[r]] = 1;
    // The outside id and the place in the history: other users cannot change the draw.
    const stream: Stream = [options.seed ?? 1, userIds[userIndex], row - start];
    const negatives = draw(touched, stream, counts);
    hidden.fill(1);
    for (const negative of negatives) hidden[negative] = 0;
    hidden[item] = 0;
    return negatives.length;
  };
}

/** Seed, userId, and the target's place in the user's history. */
type Stream = readonly [seed: number, userId: string, place: number];

/** 100 of the untouched items, or all of them where there are fewer (Fisher & Yates, cut short). */
function drawUniform(touched: Uint8Array, [seed, ...stream]: Stream): Uint32Array {
  const random = createRandom(seed, "negatives", ...stream);
  const untouched = new Uint32Array(touched.length);
  let count = 0;
  for (let i = 0; i < touched.length; i++) if (touched[i] === 0) untouched[count++] = i;
  const numDrawn = Math.min(NUM_NEGATIVES, count);
  for (let i = 0; i < numDrawn; i++) {
    const j = i + random.nextInt(count - i);
    const item = untouched[j];
    untouched[j] = untouched[i];
    untouched[i] = item;
  }
  return untouched.subarray(0, numDrawn);
}

/**
 * 100 of the untouched items that occur in training, one after the other in proportion to their
 * counts. The first arrivals of Poisson processes with these rates are such a draw (Efraimidis and
 * Spirakis, Information Processing Letters 2006): `-log(1 - u) / count` is an arrival time.
 */
function drawPopular(
  touched: Uint8Array,
  [seed, ...stream]: Stream,
  counts: ArrayLike<number>,
): Uint32Array {
  const random = createRandom(seed, "negatives", ...stream);
  const excluded = touched.map((value, i) => (counts[i] === 0 ? 1 : value));
  const keys = new Float64Array(touched.length);
  for (let i = 0; i < keys.length; i++) {
    if (excluded[i] === 0) keys[i] = Math.log1p(-random.next()) / counts[i];
  }
  return topK(keys, NUM_NEGATIVES, excluded);
}
