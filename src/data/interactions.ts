/**
 * What every dataset becomes: who interacted with what, in order, as flat arrays.
 *
 * Outside ids (`userId`, `itemId`) are opaque strings; inside, users and items are dense indices
 * (`userIndex`, `itemIndex`), from 0. Where padding and the mask live among the numbers a model
 * reads is said in `tokens.ts`, nowhere else.
 */

/**
 * The interactions of every user, oldest first. The rows of user `u` are
 * `offsets[u] <= row < offsets[u + 1]`.
 */
export interface Interactions {
  /** The dataset's own ids, by userIndex: `[U]`. */
  readonly userIds: readonly string[];
  /** The dataset's own ids, by itemIndex: `[N]`. */
  readonly itemIds: readonly string[];
  /** Where each user's rows start: `[U + 1]`. */
  readonly offsets: Uint32Array;
  /** The itemIndex of each row: `[R]`. */
  readonly items: Uint32Array;
  /** The rating of each row on the dataset's own scale: `[R]`, or null where it has none. */
  readonly ratings: Float32Array | null;
  /** Seconds since 1970 of each row: `[R]`, or null where only the order is known. */
  readonly timestamps: Float64Array | null;
  /**
   * As `gapsOf` in `time-gaps.ts`: `[R]`. Only where the data set says itself what is known, because
   * not all its timestamps are real; elsewhere the timestamps tell.
   */
  readonly gaps?: Float64Array | undefined;
}

/** What is known about one item of the catalog. */
export interface Film {
  readonly itemId: string;
  /** As people write it: "The Matrix", not "Matrix, The (1999)". */
  readonly title: string;
  /** Other names it is found under: "Il Postino" of "The Postman". */
  readonly alternatives?: readonly string[];
  readonly year: number | null;
  readonly genres: readonly string[];
}

/** The userIndex whose rows contain `row`. */
export function userOfRow(offsets: Uint32Array, row: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (offsets[middle] <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
