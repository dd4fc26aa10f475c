/**
 * The one contract of every recommender (after `implicit`'s recommender tests). A new model adds a
 * line to `contestants`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../src/common/errors.ts";
import { createRandom, shuffle } from "../src/common/random.ts";
import type { Interactions } from "../src/data/interactions.ts";
import { topK } from "../src/metrics/top-k.ts";
import {
  type BaselineKind,
  type BaselineOptions,
  createBaselineRecommender,
  fitBaseline,
} from "../src/models/baselines.ts";
import type { Recommender } from "../src/models/recommender.ts";
import { checkerboard } from "./random-interactions.ts";
import { trainBert4Rec, trainGru4Rec, trainSasRec } from "./train-network.ts";

interface Contestant {
  readonly name: string;
  /** Whether its scores depend on the whole history: not on nothing, nor on the last item alone. */
  readonly readsHistory: boolean;
  create(train: Interactions): Promise<Recommender>;
}

const contestants: Contestant[] = [
  { name: "popularity", readsHistory: false, create: baseline("popularity", {}) },
  {
    name: "recent-popularity",
    readsHistory: false,
    create: (train) => {
      const timestamps = Float64Array.from(train.items.keys());
      return baseline("recent-popularity", { days: 7 })({ ...train, timestamps });
    },
  },
  {
    name: "item-knn",
    readsHistory: true,
    create: baseline("item-knn", { numNeighbors: 20, shrinkage: 1, recency: 0.9 }),
  },
  { name: "markov", readsHistory: false, create: baseline("markov", { smoothing: 2 }) },
  { name: "ease", readsHistory: true, create: baseline("ease", { l2: 1 }) },
  { name: "bert4rec", readsHistory: true, create: trainBert4Rec },
  { name: "sasrec", readsHistory: true, create: trainSasRec },
  { name: "gru4rec", readsHistory: true, create: trainGru4Rec },
];

/** What is learnt is copied as plain data first: a bundle stores nothing else. */
function baseline<K extends BaselineKind>(
  kind: K,
  options: BaselineOptions[K],
): Contestant["create"] {
  return async (train) =>
    createBaselineRecommender(structuredClone(await fitBaseline(kind, train, options)));
}

const NUM_USERS = 40;
const NUM_ITEMS = 20;
const { train, withheld } = checkerboard(NUM_USERS, NUM_ITEMS);
const histories = withheld.map((_, u) => ({
  items: train.items.subarray(train.offsets[u], train.offsets[u + 1]),
}));
// In no order: a model of sequences would learn that the highest numbers come last.
const random = createRandom(1, "order");
for (const { items } of histories) shuffle(items, random);

describe.each(contestants)("$name", ({ readsHistory, create }) => {
  let recommender: Recommender;
  beforeAll(async () => {
    recommender = await create(train);
  });
  afterAll(() => recommender.dispose());

  test("scores are finite and cover the catalog", async () => {
    expect(recommender.numItems).toBe(NUM_ITEMS);
    const scores = await recommender.score(histories);
    expect(scores).toHaveLength(NUM_USERS * NUM_ITEMS);
    expect(scores.every(Number.isFinite)).toBe(true);
  });

  test("scores do not depend on batch mates", async () => {
    const together = await recommender.score([histories[0], { items: [3] }, histories[1]]);
    const alone = await recommender.score([histories[1]]);
    expect(closeTo(together.subarray(2 * NUM_ITEMS), alone)).toBe(true);
  });

  test("the same histories give the same scores", async () => {
    const first = await recommender.score(histories);
    expect(await recommender.score(histories)).toEqual(first);
  });

  test("the same data give the same model", async () => {
    const twin = await create(train);
    expect(await twin.score(histories)).toEqual(await recommender.score(histories));
    await twin.dispose();
  });

  test("an empty history, a long one and one of repeats have finite scores", async () => {
    const long = Array.from({ length: 500 }, (_, i) => i % NUM_ITEMS);
    const scores = await recommender.score([{ items: [] }, { items: long }, { items: [5, 5, 5] }]);
    expect(scores).toHaveLength(3 * NUM_ITEMS);
    expect(scores.every(Number.isFinite)).toBe(true);
  });

  test("no histories, no scores", async () => {
    expect(await recommender.score([])).toHaveLength(0);
  });

  test.each([-1, NUM_ITEMS, 1.5])("an item index of %d is refused", async (item) => {
    await expect(recommender.score([{ items: [item] }])).rejects.toThrow(InputError);
  });

  if (!readsHistory) return;

  test("the checkerboard's withheld item ranks first", async () => {
    const scores = await recommender.score(histories);
    for (const [u, { items }] of histories.entries()) {
      const seen = new Uint8Array(NUM_ITEMS);
      for (const item of items) seen[item] = 1;
      const row = scores.subarray(u * NUM_ITEMS, (u + 1) * NUM_ITEMS);
      expect([...topK(row, 1, seen)]).toEqual([withheld[u]]);
    }
  });
});

function closeTo(actual: Float32Array, expected: Float32Array): boolean {
  return actual.every((value, i) => Math.abs(value - expected[i]) <= 1e-5);
}
