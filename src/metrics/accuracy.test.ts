import { describe, expect, test } from "vitest";
import { hitRateAt, mapAt, mrrAt, ndcgAt, precisionAt, recallAt } from "./accuracy.ts";

/** Hits at places 2 and 4; one of the three relevant items, 9, is not in the list. */
const ranked = [5, 1, 6, 2, 7];
const relevant = new Set([1, 2, 9]);

describe("a list with hits at places 2 and 4 of three relevant items", () => {
  test.each([
    [1, 0],
    [2, 1],
    [5, 1],
  ])("hit rate at %i", (k, expected) => {
    expect(hitRateAt(ranked, relevant, k)).toBe(expected);
  });

  test.each([
    [1, 0],
    [2, 1 / 3],
    [4, 2 / 3],
    [100, 2 / 3],
  ])("recall at %i", (k, expected) => {
    expect(recallAt(ranked, relevant, k)).toBe(expected);
  });

  test.each([
    [2, 1 / 2],
    [4, 2 / 4],
    [10, 2 / 10], // the list ends at 5, the rest are misses
  ])("precision at %i", (k, expected) => {
    expect(precisionAt(ranked, relevant, k)).toBe(expected);
  });

  test("nDCG divides by the best that is possible", () => {
    const [first, second, third, fourth] = [2, 3, 4, 5].map((place) => 1 / Math.log2(place));
    expect(ndcgAt(ranked, relevant, 2)).toBeCloseTo(second / (first + second), 14);
    const ideal = first + second + third;
    expect(ndcgAt(ranked, relevant, 5)).toBeCloseTo((second + fourth) / ideal, 14);
  });

  test("MRR takes the first hit only", () => {
    expect(mrrAt(ranked, relevant, 1)).toBe(0);
    expect(mrrAt(ranked, relevant, 5)).toBe(1 / 2);
  });

  test("MAP adds the precision at each hit and divides by all relevant items", () => {
    expect(mapAt(ranked, relevant, 3)).toBeCloseTo(1 / 2 / 3, 14);
    expect(mapAt(ranked, relevant, 5)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 14);
  });
});

test("with one relevant item at place 3, the formulas of leave-one-out hold", () => {
  const one = new Set([6]);
  expect(ndcgAt(ranked, one, 5)).toBe(1 / Math.log2(3 + 1));
  expect(mrrAt(ranked, one, 5)).toBe(1 / 3);
  expect(mapAt(ranked, one, 5)).toBe(1 / 3);
  expect(recallAt(ranked, one, 5)).toBe(hitRateAt(ranked, one, 5));
  expect(ndcgAt(ranked, one, 2)).toBe(0);
});

test("what divides by the number of relevant items has no value where there are none", () => {
  for (const metric of [recallAt, ndcgAt, mapAt]) expect(metric(ranked, new Set(), 5)).toBeNaN();
});
