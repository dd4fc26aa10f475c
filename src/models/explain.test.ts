import { expect, test } from "vitest";
import { explain } from "./explain.ts";
import type { History, Recommender } from "./recommender.ts";

test("a film that is left out is left out of ratings and times, too", async () => {
  const asked: History[] = [];
  const recommender: Recommender = {
    name: "recorder",
    numItems: 4,
    score: async (histories) => {
      asked.push(...histories);
      return new Float32Array(4 * histories.length);
    },
    dispose: async () => {},
  };
  const history = {
    items: [2, 0, 1],
    ratings: [5, 3, 1],
    gaps: [Number.NaN, 10, 20],
    nextGap: 40,
    user: { age: 30 },
  };
  await explain(recommender, history, [3]);
  const [whole, , withoutMiddle, withoutLast] = asked;
  expect(whole).toEqual(history);
  expect(withoutMiddle).toEqual({
    items: [2, 1],
    ratings: [5, 1],
    gaps: Float64Array.of(Number.NaN, 30),
    nextGap: 40,
    user: { age: 30 },
  });
  expect(withoutLast).toMatchObject({
    items: [2, 0],
    gaps: Float64Array.of(Number.NaN, 10),
    nextGap: 60,
  });
});
