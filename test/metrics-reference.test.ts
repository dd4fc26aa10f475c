/**
 * Every metric beside RecTools and torchmetrics, on random lists: `fixtures/metrics/make-metrics.py`.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hitRateAt, mapAt, mrrAt, ndcgAt, precisionAt, recallAt } from "../src/metrics/accuracy.ts";
import {
  createGenreGains,
  genreNdcgAt,
  genrePrecisionAt,
  groupByGenres,
} from "../src/metrics/genres.ts";
import { coverageAt, meanPopularityAt } from "../src/metrics/reach.ts";
import { topK } from "../src/metrics/top-k.ts";

interface Golden {
  numItems: number;
  ks: number[];
  counts: number[];
  genres: string[][];
  lists: number[][];
  relevant: number[][];
  rankings: number[][];
  expected: Record<string, number[]>;
}

const path = new URL("fixtures/metrics/metrics.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));
const { ks, lists, relevant, rankings } = golden;

function expectClose(actual: readonly number[], expected: readonly number[], digits: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [u, value] of expected.entries()) expect(actual[u]).toBeCloseTo(value, digits);
}

const accuracy = { hitRateAt, recallAt, precisionAt, ndcgAt, mrrAt, mapAt };

test.each(Object.entries(accuracy))("%s agrees with RecTools for every user", (name, metric) => {
  for (const k of ks) {
    const actual = lists.map((list, u) => metric(list, new Set(relevant[u]), k));
    expectClose(actual, golden.expected[`${name.slice(0, -2)}@${k}`], 12);
  }
});

test("mean popularity and coverage agree with RecTools", () => {
  for (const k of ks) {
    const actual = lists.map((list) => meanPopularityAt(list, golden.counts, k));
    expectClose(actual, golden.expected[`meanPopularity@${k}`], 12);
    expectClose([coverageAt(lists, k, golden.numItems)], golden.expected[`coverage@${k}`], 12);
  }
});

test("genre precision and genre nDCG agree with torchmetrics (float32)", () => {
  const groups = groupByGenres(golden.genres);
  for (const k of ks) {
    const gains = rankings.map((_, u) => createGenreGains(groups)(relevant[u][0]));
    const ranked = rankings.map((ranking, u) => ranking.map((item) => gains[u][item]));
    const ideal = gains.map((all) => Array.from(topK(all, k), (item) => all[item]));
    const precision = ranked.map((row) => genrePrecisionAt(row, k));
    expectClose(precision, golden.expected[`genrePrecision@${k}`], 6);
    const ndcg = ranked.map((row, u) => genreNdcgAt(row, ideal[u], k));
    expectClose(ndcg, golden.expected[`genreNdcg@${k}`], 6);
  }
});
