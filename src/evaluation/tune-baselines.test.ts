import { expect, test } from "vitest";
import { checkerboard, toInteractions, toLeaveOneOut } from "../../test/random-interactions.ts";
import { InputError, InterruptedError } from "../common/errors.ts";
import { trainingInteractions } from "../data/split.ts";
import { createItemKnnRecommender, fitItemKnn } from "../models/item-knn.ts";
import { measure } from "./evaluate.ts";
import { BASELINE_GRIDS, tuneBaseline } from "./tune-baselines.ts";

const { train } = checkerboard(30, 20);
const split = toLeaveOneOut(train);
const grid = [
  { numNeighbors: 1, shrinkage: 1000, recency: 0.1 },
  { numNeighbors: 20, shrinkage: 0, recency: 1 },
  { numNeighbors: 2, shrinkage: 0, recency: 1 },
];

test("every trial is recorded with what it reached on the validation rows", async () => {
  const { trials, metric } = await tuneBaseline("item-knn", split, grid);
  expect(metric).toBe("ndcg@10");
  expect(trials.map(({ options }) => options)).toEqual(grid);
  for (const { options, metrics } of trials) {
    const recommender = createItemKnnRecommender(fitItemKnn(trainingInteractions(split), options));
    const protocol = { protocol: "full", rows: "validation", ks: [10] } as const;
    expect(metrics).toEqual(await measure(recommender, split, protocol));
  }
});

test("the best is the first of the highest by the metric that was asked for", async () => {
  for (const metric of ["ndcg@10", "hitRate@10"]) {
    const { best, trials } = await tuneBaseline("item-knn", split, grid, { metric });
    const highest = Math.max(...trials.map(({ metrics }) => metrics[metric]));
    expect(best).toEqual(trials.find(({ metrics }) => metrics[metric] === highest)?.options);
  }
});

test("the test rows have no say", async () => {
  const histories = Array.from({ length: 30 }, (_, u) => [
    ...train.items.slice(train.offsets[u], train.offsets[u + 1] - 1),
    (u * 7) % 20,
  ]);
  const other = toLeaveOneOut(toInteractions(histories, 20));
  const expected = await tuneBaseline("item-knn", split, grid);
  expect(await tuneBaseline("item-knn", other, grid)).toEqual(expected);
});

test("popularity has nothing to choose, EASE its penalty", async () => {
  const { best } = await tuneBaseline("popularity", split, BASELINE_GRIDS.popularity);
  expect(best).toEqual({});
  const { trials } = await tuneBaseline("ease", split, [{ l2: 1 }, { l2: 10 }]);
  expect(trials.map(({ options }) => options.l2)).toEqual([1, 10]);
});

test("an interruption from outside ends it after the setting under way", async () => {
  const interrupt = new AbortController();
  let trials = 0;
  const onTrial = (done: number): void => {
    trials = done;
    // As a signal would, it comes when the event loop turns.
    if (done === 1) setImmediate(() => interrupt.abort());
  };
  const tuning = tuneBaseline("item-knn", split, grid, { onTrial, signal: interrupt.signal });
  await expect(tuning).rejects.toThrow(InterruptedError);
  await expect(tuning).rejects.toThrow("item-knn: stopped after 1 of 3 settings");
  expect(trials).toBe(1);
});

test("an empty grid and a metric that is not measured are refused", async () => {
  await expect(tuneBaseline("ease", split, [])).rejects.toThrow(InputError);
  const unknown = tuneBaseline("item-knn", split, grid, { metric: "ndcg@7" });
  await expect(unknown).rejects.toThrow(/no best ndcg@7 among 3 settings/);
});
