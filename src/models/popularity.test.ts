import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createPopularityRecommender, fitPopularity } from "./popularity.ts";

test("scores are how often each item was met, for every history", async () => {
  const train = toInteractions([[0, 1, 1], [1, 3], []], 4);
  const recommender = createPopularityRecommender(fitPopularity(train));
  const scores = await recommender.score([{ items: [] }, { items: [2] }]);
  expect([...scores]).toEqual([1, 3, 0, 1, 1, 3, 0, 1]);
});
