import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../common/random.ts";
import { type BucketOptions, bucketByLength } from "./length-buckets.ts";

const own = (length: number): number => length;
const random = (seed: number) => createRandom(seed, "test");

const options = fc.record({
  batchSize: fc.integer({ min: 1, max: 6 }),
  lengthStep: fc.integer({ min: 1, max: 30 }),
  maxLength: fc.integer({ min: 50, max: 60 }),
});
const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 150 });

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe("bucketByLength", () => {
  it("puts each sequence into one batch, as many as fit, as long as they need", () => {
    fc.assert(
      fc.property(lengths, options, fc.nat(), (sequences, bucketOptions, seed) => {
        const buckets = bucketByLength(sequences, own, bucketOptions, random(seed));
        const { batchSize, lengthStep, maxLength } = bucketOptions;
        expect(sorted(buckets.flatMap((bucket) => bucket.sequences))).toEqual(sorted(sequences));
        expect(buckets.length).toBe(Math.ceil(sequences.length / batchSize));
        for (const { sequences: batch, length } of buckets) {
          const longest = Math.max(...batch);
          expect(batch.length).toBeLessThanOrEqual(batchSize);
          expect(length).toBeGreaterThanOrEqual(longest);
          expect(length).toBeLessThan(longest + lengthStep);
          expect(length % lengthStep === 0 || length === maxLength).toBe(true);
        }
      }),
    );
  });

  it("mixes little within a chunk: a batch ends where the next longer one begins", () => {
    // 64 sequences are 16 batches of 4: one chunk, sorted as a whole.
    const sequences = Array.from({ length: 64 }, (_, i) => (i % 50) + 1);
    const buckets = bucketByLength(
      sequences,
      own,
      { batchSize: 4, lengthStep: 1, maxLength: 50 },
      random(1),
    );
    const inOrder = [...buckets].sort(
      (a, b) => a.length - b.length || a.sequences[0] - b.sequences[0],
    );
    expect(inOrder.flatMap((bucket) => bucket.sequences)).toEqual(sorted(sequences));
  });

  it("keeps padding small where lengths differ much", () => {
    const draw = random(2);
    const sequences = Array.from({ length: 4096 }, () => Math.ceil(200 * draw.next() ** 3));
    const bucketOptions: BucketOptions = { batchSize: 64, lengthStep: 5, maxLength: 200 };
    const buckets = bucketByLength(sequences, own, bucketOptions, random(3));
    const numTokens = sequences.reduce((sum, length) => sum + length, 0);
    const padded = buckets.reduce((sum, { length }) => sum + 64 * length, 0);
    // Without buckets three quarters are padding: the mean of x^3 is 1/4.
    expect(1 - numTokens / (sequences.length * 200)).toBeGreaterThan(0.7);
    expect(1 - numTokens / padded).toBeLessThan(0.2);
  });

  it("orders batches by chance, the same for the same seed", () => {
    const sequences = Array.from({ length: 160 }, (_, i) => i);
    const bucketOptions = { batchSize: 5, lengthStep: 10, maxLength: 200 };
    const once = bucketByLength(sequences, own, bucketOptions, random(1));
    expect(bucketByLength(sequences, own, bucketOptions, random(1))).toEqual(once);
    expect(bucketByLength(sequences, own, bucketOptions, random(2))).not.toEqual(once);
    const batchLengths = once.map(({ length }) => length);
    expect(batchLengths).not.toEqual(sorted(batchLengths));
  });
});
