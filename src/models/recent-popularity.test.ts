import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import {
  createCountingAlong,
  createRecentPopularityRecommender,
  fitRecentPopularity,
} from "./recent-popularity.ts";

const DAY = 86_400;
const days = (...values: number[]): Float64Array => Float64Array.from(values, (day) => day * DAY);
// By day: 0 at 1 and 2, 1 at 2, 2 at 9, 1 at 10.
const interactions = {
  ...toInteractions(
    [
      [0, 1, 2],
      [0, 1],
    ],
    4,
  ),
  timestamps: days(1, 2, 9, 2, 10),
};

test("what a bundle serves is recent as of the end of training", async () => {
  const recommender = createRecentPopularityRecommender(
    fitRecentPopularity(interactions, { days: 7 }),
  );
  const scores = await recommender.score([{ items: [] }, { items: [3], time: 0 }]);
  // 0 and 1 were met twice, which is the most; 2 once.
  const expected = [0 + 1 / 2, 1 + 1 / 2, 1 + 1 / 4, 0];
  expect([...scores]).toEqual([...expected, ...expected]);
});

test("counting along, only what came before the query counts, and of that the last days first", async () => {
  const recommender = createCountingAlong(interactions, { days: 7 });
  const at = async (day: number): Promise<number[]> => [
    ...(await recommender.score([{ items: [], time: day * DAY }])),
  ];
  expect(await at(1)).toEqual([0, 0, 0, 0]);
  expect(await at(2)).toEqual([1 + 1 / 2, 0, 0, 0]);
  expect(await at(9)).toEqual([1 + 2 / 4, 1 + 1 / 4, 0, 0]);
  expect(await at(10)).toEqual([2 / 4, 1 / 4, 1 + 1 / 4, 0]);
});

test("a query without time, data without times and no days at all are refused", async () => {
  const recommender = createCountingAlong(interactions, { days: 7 });
  await expect(recommender.score([{ items: [] }])).rejects.toThrow(/came without time/);
  const untimed = { ...interactions, timestamps: null };
  expect(() => fitRecentPopularity(untimed, { days: 7 })).toThrow(/a time for every interaction/);
  expect(() => fitRecentPopularity(interactions, { days: 0 })).toThrow(InputError);
});
