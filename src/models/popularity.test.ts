import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createBaselineRecommender, fitBaseline } from "./baselines.ts";
import { createPopularityRecommender, fitPopularity } from "./popularity.ts";

test("scores are how often each item was met, for every history", async () => {
  const train = toInteractions([[0, 1, 1], [1, 3], []], 4);
  const recommender = createPopularityRecommender(fitPopularity(train));
  const scores = await recommender.score([{ items: [] }, { items: [2] }]);
  expect([...scores]).toEqual([1, 3, 0, 1, 1, 3, 0, 1]);
});

test("baselines that count votes say what is popular to someone they know nothing of", async () => {
  const train = toInteractions([[0, 1], [1, 3], [1]], 4);
  const popular = [1 / 3, 3 / 3, 0, 1 / 3].map(Math.fround);
  const knn = await fitBaseline("item-knn", train, { numNeighbors: 2, shrinkage: 0 });
  for (const weights of [knn, await fitBaseline("ease", train, { l2: 1 })]) {
    const scores = await createBaselineRecommender(weights).score([{ items: [] }, { items: [2] }]);
    expect([...scores]).toEqual([...popular, 0, 0, 0, 0]);
  }
});
