import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import {
  groupByHistoryLength,
  groupByPopularity,
  groupByTie,
  groupByUserRange,
  type TargetGroup,
} from "./slices.ts";

const plain = (groups: readonly TargetGroup[] | null): [string, number[]][] =>
  (groups ?? []).map(({ name, targets }) => [name, [...targets]]);

test("history lengths fall into groups by their limits", () => {
  const groups = groupByHistoryLength(Uint32Array.of(0, 1, 9, 10, 49, 200, 5000));
  expect(groups.map(({ name, targets }) => [name, [...targets]])).toEqual([
    ["0", [0]],
    ["1-9", [1, 2]],
    ["10-49", [3, 4]],
    ["200+", [5, 6]],
  ]);
});

test("popularity is the share of the catalog with a greater count", () => {
  // 1000 items: item i has count 1000 - i, but 5 to 14 have the count of 5, and 999 has none.
  const counts = Int32Array.from({ length: 1000 }, (_, i) => (i >= 5 && i < 15 ? 995 : 1000 - i));
  counts[999] = 0;
  const items = Uint32Array.of(0, 9, 14, 15, 99, 100, 499, 500, 998, 999);
  const groups = groupByPopularity(items, counts);
  expect(groups.map(({ name, targets }) => [name, [...targets].map((t) => items[t])])).toEqual([
    ["top 1 %", [0, 9, 14]], // tied at place 5
    ["1-10 %", [15, 99]],
    ["10-50 %", [100, 499]],
    ["50-100 %", [500, 998]],
    ["not in training", [999]],
  ]);
});

const two = toInteractions(
  [
    [0, 1, 2],
    [1, 2, 0],
  ],
  3,
);

test("ties are read off the times, where the data set does not say better", () => {
  const timestamps = Float64Array.of(5, 5, 6, 6, 7, 7);
  const rows = Uint32Array.of(0, 1, 2, 3, 4, 5);
  const timed = { ...two, timestamps };
  // Row 3 is the first of its user: that row 2 is of the same second means nothing.
  expect(plain(groupByTie(rows, timed))).toEqual([
    ["not tied", [2, 4]],
    ["tied", [1, 5]],
    ["nothing before", [0, 3]],
  ]);
  const gaps = Float64Array.of(Number.NaN, 20, 0, Number.NaN, Number.NaN, Number.POSITIVE_INFINITY);
  expect(plain(groupByTie(Uint32Array.of(1, 2, 4), { ...timed, gaps }))).toEqual([
    ["not tied", [0]],
    ["tied", [1]],
    ["not known", [2]],
  ]);
  expect(groupByTie(rows, two)).toBeNull();
});

test("users of a range are apart from the others", () => {
  const users = Uint32Array.of(0, 1, 1, 2, 3);
  const ids = ["1", "2999", "3000", "x"];
  expect(plain(groupByUserRange(users, ids, [1, 2999]))).toEqual([
    ["users 1-2999", [0, 1, 2]],
    ["other users", [3, 4]],
  ]);
  expect(() => groupByUserRange(users, ids, [5, 10])).toThrow(InputError);
  expect(() => groupByUserRange(users, ids, [5, 10])).toThrow(/from 5 to 10 .* one is of "1"/);
});
