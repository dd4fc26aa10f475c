/**
 * Batches of sequences of about one length, so that little of a batch is padding.
 */
import { type Random, shuffle } from "../common/random.ts";

/** Sequences that go through a model together, padded to `length`. */
export interface Bucket<T> {
  readonly sequences: readonly T[];
  readonly length: number;
}

export interface BucketOptions {
  readonly batchSize: number;
  /** Lengths are rounded up to a multiple of this: fewer shapes to compile, more padding. */
  readonly lengthStep: number;
  readonly maxLength: number;
}

/** Batches that are sorted together: more sort better, fewer mix better. */
const BATCHES_PER_CHUNK = 16;

/**
 * Shuffles, sorts chunks of 16 batches by length, and shuffles the batches.
 * @param lengthOf - the length of a sequence, at most `maxLength`.
 */
export function bucketByLength<T>(
  sequences: readonly T[],
  lengthOf: (sequence: T) => number,
  options: BucketOptions,
  random: Random,
): Bucket<T>[] {
  const { batchSize, lengthStep, maxLength } = options;
  const shuffled = shuffle([...sequences], random);
  const buckets: Bucket<T>[] = [];
  for (let from = 0; from < shuffled.length; from += batchSize * BATCHES_PER_CHUNK) {
    const chunk = shuffled.slice(from, from + batchSize * BATCHES_PER_CHUNK);
    chunk.sort((a, b) => lengthOf(a) - lengthOf(b));
    for (let start = 0; start < chunk.length; start += batchSize) {
      const batch = chunk.slice(start, start + batchSize);
      const longest = lengthOf(batch[batch.length - 1]);
      const length = Math.min(Math.ceil(longest / lengthStep) * lengthStep, maxLength);
      buckets.push({ sequences: batch, length });
    }
  }
  return shuffle(buckets, random);
}
