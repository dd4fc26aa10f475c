import { expect, test } from "vitest";
import { groupByHistoryLength, groupByPopularity } from "./slices.ts";

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
