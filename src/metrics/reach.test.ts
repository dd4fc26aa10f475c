import { expect, test } from "vitest";
import { coverageAt, meanPopularityAt } from "./reach.ts";

test("coverage counts each item once, whatever the length of the lists", () => {
  const lists = [[0, 1, 2], [1], [3, 0, 4]];
  expect(coverageAt(lists, 1, 10)).toBe(3 / 10); // 0, 1, 3
  expect(coverageAt(lists, 3, 10)).toBe(5 / 10);
  expect(coverageAt([], 3, 10)).toBe(0);
});

test("mean popularity is over the items that are there", () => {
  const counts = [8, 4, 3];
  expect(meanPopularityAt([0, 1, 2], counts, 2)).toBe((8 + 4) / 2);
  expect(meanPopularityAt([2], counts, 2)).toBe(3);
  expect(meanPopularityAt([], counts, 2)).toBe(0);
});
