/**
 * Side information of the windows of a training batch.
 */
import type { Random } from "../common/random.ts";
import { encodeFeatures, encodingWidth } from "../data/features/feature-encoding.ts";
import { type Interactions, userOfRow } from "../data/interactions.ts";
import type { Window } from "../data/windows.ts";
import type { Value } from "../runtime/session.ts";
import type { Slice } from "../training/trainer.ts";
import { tensorValue } from "./batch-slices.ts";
import { GAPS_INPUT, NEXT_GAPS_INPUT, RATINGS_INPUT, USERS_INPUT } from "./history-inputs.ts";
import { encodeRating, gapBucket, RATING_WIDTH, type SideInformation } from "./side-information.ts";

/** What training knows besides who watched what, in numbers. */
export interface SideValues {
  readonly sides: SideInformation;
  /** By userIndex: `[U, G]`; null where users are not read. */
  readonly users: Float32Array | null;
  /** By itemIndex: `[N, F]`; null where films are not read. */
  readonly items: Float32Array | null;
  /** `gapsOf` the interactions; null where they are not read. */
  readonly gaps: Float64Array | null;
  /**
   * The share of ratings, of viewers, and of windows' times of which nothing is said: a network that
   * never met anything unknown would make something of it.
   */
  readonly hiddenShare: number;
}

/**
 * @param windows - the rows that are read of each; at most `B`.
 * @param shape - `[B, L]`, padding first.
 * @param random - decides what is hidden.
 */
export function sideBatch(
  { offsets, ratings }: Pick<Interactions, "offsets" | "ratings">,
  windows: readonly Window[],
  [batchSize, length]: readonly [number, number],
  { sides, users, gaps, hiddenShare }: SideValues,
  random: Random,
): Slice {
  const isHidden = (): boolean => hiddenShare > 0 && random.next() < hiddenShare;
  const batch: Record<string, Value> = {};
  if (sides.ratings) {
    const data = new Float32Array(batchSize * length * RATING_WIDTH);
    for (const [b, { start, end }] of windows.entries()) {
      for (let row = start; row < end; row++) {
        const at = (b + 1) * length - (end - row);
        const rating = isHidden() ? undefined : ratings?.[row];
        data.set(encodeRating(sides.ratings, rating), at * RATING_WIDTH);
      }
    }
    batch[RATINGS_INPUT] = tensorValue([batchSize, length, RATING_WIDTH], data);
  }
  if (sides.users && users) {
    const width = encodingWidth(sides.users);
    const unknown = encodeFeatures(sides.users, undefined);
    const data = new Float32Array(batchSize * width);
    for (const [b, { start }] of windows.entries()) {
      const user = userOfRow(offsets, start);
      const known = users.subarray(user * width, (user + 1) * width);
      data.set(isHidden() ? unknown : known, b * width);
    }
    batch[USERS_INPUT] = tensorValue([batchSize, width], data);
  }
  if (gaps) {
    const isTimed = windows.map(() => !isHidden());
    const bucketsOf = (shift: 0 | 1): Value =>
      gapsOfRows(gaps, windows, isTimed, [batchSize, length], shift);
    if (sides.gaps) batch[GAPS_INPUT] = bucketsOf(0);
    if (sides.nextGaps) batch[NEXT_GAPS_INPUT] = bucketsOf(1);
  }
  return batch;
}

/** @param shift - 0 for the gaps before the rows, 1 for those after them. */
function gapsOfRows(
  gaps: Float64Array,
  windows: readonly Window[],
  isTimed: readonly boolean[],
  [batchSize, length]: readonly [number, number],
  shift: 0 | 1,
): Value {
  const data = new Int32Array(batchSize * length).fill(gapBucket(undefined));
  for (const [b, { start, end }] of windows.entries()) {
    if (!isTimed[b]) continue;
    for (let row = start; row < end; row++) {
      data[(b + 1) * length - (end - row)] = gapBucket(gaps[row + shift]);
    }
  }
  return tensorValue([batchSize, length], data);
}
