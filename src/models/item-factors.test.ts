import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arbitraryInteractions,
  checkerboard,
  toInteractions,
} from "../../test/random-interactions.ts";
import { itemFactors } from "./item-factors.ts";

const DEVIATION = 0.1;

function rowsOf(factors: Float32Array, dim: number): number[][] {
  return Array.from({ length: factors.length / dim }, (_, i) => [
    ...factors.subarray(i * dim, (i + 1) * dim),
  ]);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, k) => sum + value * b[k], 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

describe("itemFactors", () => {
  it("tell apart items that different people watch", () => {
    // One who watches both sides: without, each side alone would be a factor.
    const histories = [
      [0, 2, 4],
      [0, 2, 4],
      [1, 3, 5],
      [1, 3, 5],
      [4, 5],
    ];
    const rows = rowsOf(itemFactors(toInteractions(histories, 6), 1, DEVIATION, 1), 1);
    for (const [i, row] of rows.entries()) {
      expect(cosine(row, rows[0]), `item ${i}`).toBeCloseTo(i % 2 === 0 ? 1 : -1, 6);
    }
  });

  it("are the same for items that the same people watch", () => {
    const interactions = toInteractions(
      [
        [0, 1, 2],
        [0, 1, 3],
        [2, 3, 4],
        [4, 2],
        [0, 1],
      ],
      5,
    );
    const [first, second, third] = rowsOf(itemFactors(interactions, 2, DEVIATION, 1), 2);
    expect(cosine(first, second)).toBeCloseTo(1, 6);
    expect(cosine(first, third)).toBeLessThan(0.9);
  });

  it("give each row the length that random embeddings have, or zeros, even of fewer dimensions", () => {
    fc.assert(
      fc.property(arbitraryInteractions(1), fc.integer({ min: 1, max: 16 }), (train, dim) => {
        for (const row of rowsOf(itemFactors(train, dim, DEVIATION, 1), dim)) {
          const length = Math.hypot(...row);
          if (length !== 0) expect(length).toBeCloseTo(DEVIATION * Math.sqrt(dim), 5);
        }
      }),
      { seed: 1 },
    );
  });

  it("of a single item are none: nothing tells it apart", () => {
    const factors = itemFactors(toInteractions([[0], [0]], 1), 3, DEVIATION, 1);
    expect(factors.every(Number.isFinite)).toBe(true);
  });

  it("depend on the seed alone", () => {
    const { train } = checkerboard(20, 10);
    expect(itemFactors(train, 3, DEVIATION, 5)).toEqual(itemFactors(train, 3, DEVIATION, 5));
  });
});
