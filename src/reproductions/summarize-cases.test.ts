import { expect, test } from "vitest";
import type { Cases } from "./measure-task.ts";
import { averageCases, byGenre, byHistoryLength, estimate } from "./summarize-cases.ts";

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
  const values = averageCases([cases, other]);
  expect(values["ndcg@10"][0]).toBeCloseTo(0.3);
  expect(values["ndcg@10"][1]).toBeCloseTo(0.3);
  expect(estimate({ ...cases, values })["ndcg@10"].value).toBeCloseTo(0.3);
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
