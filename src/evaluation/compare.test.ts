import { expect, test } from "vitest";
import { toInteractions, toLeaveOneOut } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Recommender } from "../models/recommender.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { compare } from "./compare.ts";
import { evaluate } from "./evaluate.ts";

const NUM_ITEMS = 30;
const random = createRandom(2, "histories");
const histories = Array.from({ length: 80 }, (_, u) => [
  u % NUM_ITEMS,
  ...Array.from({ length: 5 }, () => random.nextInt(NUM_ITEMS)),
]);
const split = toLeaveOneOut(toInteractions(histories, NUM_ITEMS));
const options = { protocol: "full", rows: "test", ks: [10] } as const;

/** Scores drawn for each first item; `noise` is what makes two of them differ. */
function noisy(name: string, noise: number): Recommender {
  return createRowRecommender(name, NUM_ITEMS, (items, row) => {
    const shared = createRandom(1, "shared", items[0]);
    const own = createRandom(1, name, items[0]);
    for (let i = 0; i < row.length; i++) row[i] = shared.next() + noise * own.next();
  });
}

test("a model differs from itself by nothing", async () => {
  const evaluation = await evaluate(noisy("a", 0.1), split, options);
  const { differences, numUsers } = compare(evaluation, evaluation);
  expect(numUsers).toBe(80);
  expect(differences["ndcg@10"]).toEqual({ value: 0, low: 0, high: 0 });
});

test("the difference is that of the values, with a narrower interval for like models", async () => {
  const a = await evaluate(noisy("a", 0.05), split, options);
  const b = await evaluate(noisy("b", 0.05), split, options);
  const { differences } = compare(a, b);
  const [valueA, valueB] = [a, b].map(({ report }) => report.metrics["ndcg@10"]);
  const difference = differences["ndcg@10"];
  expect(difference.value).toBeCloseTo(valueA.value - valueB.value, 12);
  const width = (estimate: { low: number; high: number }): number => estimate.high - estimate.low;
  expect(width(difference)).toBeLessThan(Math.hypot(width(valueA), width(valueB)));
  const reversed = compare(b, a).differences["ndcg@10"];
  expect(reversed.value).toBeCloseTo(-difference.value, 12);
  expect(reversed.low).toBeCloseTo(-difference.high, 12);
});

test("other protocols and other users are refused", async () => {
  const a = await evaluate(noisy("a", 0.1), split, options);
  const sampled = await evaluate(noisy("a", 0.1), split, { ...options, protocol: "uniform100" });
  expect(() => compare(a, sampled)).toThrow(InputError);
  expect(() => compare(a, sampled)).toThrow(/under one protocol/);
  const fewer = { ...split, test: split.test.slice(1) };
  const others = await evaluate(noisy("a", 0.1), fewer, options);
  expect(() => compare(a, others)).toThrow(/the same users, got 80 and 79/);
});
