import { expect, test } from "vitest";
import type { Cases } from "./measure-task.ts";
import { averageCases, byGenre, byHistoryLength, difference, estimate } from "./summarize-cases.ts";

/** Two users with lists of the items 0 to 9, and of 10 to 19. */
const cases: Cases = {
  userIndices: Uint32Array.of(3, 7),
  historyLengths: Uint32Array.of(5, 60),
  targets: [Uint32Array.of(0, 15), Uint32Array.of(11)],
  lists: Int32Array.from({ length: 20 }, (_, i) => i),
  values: { "ndcg@10": Float64Array.of(0.2, 0.6) },
};

test("several seeds count as the mean of their values, case by case", () => {
  const other = { ...cases, values: { "ndcg@10": Float64Array.of(0.4, 0) } };
  const task = { kind: "second-half" } as const;
  const mean = averageCases([cases, other], task);
  expect(mean.values["ndcg@10"][0]).toBeCloseTo(0.3);
  expect(mean.values["ndcg@10"][1]).toBeCloseTo(0.3);
  expect(estimate(mean, task)["ndcg@10"].value).toBeCloseTo(0.3);
});

test("seeds with windows of their own count with all of them, each window alike", () => {
  const windows = (users: readonly number[], hits: readonly number[]): Cases => ({
    userIndices: Uint32Array.from(users),
    historyLengths: new Uint32Array(users.length),
    targets: users.map(() => Uint32Array.of(1)),
    lists: new Int32Array(10 * users.length),
    values: { "hitRate@5": Float64Array.from(hits) },
  });
  const task = { kind: "next-films" } as const;
  const joined = averageCases([windows([1, 1, 2], [1, 0, 0]), windows([1], [1])], task);
  expect([...joined.userIndices]).toEqual([1, 1, 2, 1]);
  const { value, low, high } = estimate(joined, task)["hitRate@5"];
  expect(value).toBe(0.5);
  // Two users: one with two of three, one with none of one.
  expect([low, high]).toEqual([0, 2 / 3]);
});

test("differences are paired by case", () => {
  const task = { kind: "second-half" } as const;
  const better = { ...cases, values: { "ndcg@10": Float64Array.of(0.3, 0.7) } };
  const { value, low, high } = difference(better, cases, task)["ndcg@10"];
  for (const number of [value, low, high]) expect(number).toBeCloseTo(0.1);
  const others = { ...cases, userIndices: Uint32Array.of(3, 8) };
  expect(() => difference(better, others, task)).toThrow("not measured on the same cases");
});

test("groups by length of history", () => {
  const groups = byHistoryLength(cases).map(({ name, numUsers, estimate }) => [
    name,
    numUsers,
    estimate.value,
  ]);
  expect(groups).toEqual([
    ["1-9", 1, 0.2],
    ["50-99", 1, 0.6],
  ]);
});

test("asks for the targets of each genre alone; a film may count for two", () => {
  const genres = Array.from({ length: 20 }, (): string[] => []);
  genres[0] = ["Drama"];
  genres[15] = ["Comedy", "Drama"];
  genres[11] = ["Comedy"];
  const groups = Object.fromEntries(
    byGenre(cases, genres).map(({ name, numUsers, estimate }) => [
      name,
      [numUsers, estimate.value],
    ]),
  );
  // The first user finds 0 at place 1 of his two dramas, and not his comedy; the second 11 at 2.
  const ideal = 1 + 1 / Math.log2(3);
  expect(groups.Drama).toEqual([1, 1 / ideal]);
  expect(groups.Comedy[0]).toBe(2);
  expect(groups.Comedy[1]).toBeCloseTo((0 + 1 / Math.log2(3)) / 2);
});
