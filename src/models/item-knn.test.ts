import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryInteractions, toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import { createItemKnnRecommender, fitItemKnn, type ItemKnnOptions } from "./item-knn.ts";

/** The formula, with sets of users in place of co-occurrence counts. */
function naiveScores(
  train: Interactions,
  { numNeighbors, shrinkage, recency = 1 }: ItemKnnOptions,
  history: readonly number[],
): number[] {
  const numItems = train.itemIds.length;
  const users = Array.from({ length: numItems }, () => new Set<number>());
  for (let u = 0; u < train.userIds.length; u++) {
    for (const item of train.items.slice(train.offsets[u], train.offsets[u + 1])) {
      users[item].add(u);
    }
  }
  const similarity = (i: number, j: number): number => {
    const shared = [...users[i]].filter((user) => users[j].has(user)).length;
    return shared === 0 ? 0 : shared / (Math.sqrt(users[i].size * users[j].size) + shrinkage);
  };
  const scores = new Array<number>(numItems).fill(0);
  for (const item of new Set(history)) {
    const others = [...scores.keys()].filter((j) => j !== item && similarity(item, j) > 0);
    others.sort((a, b) => similarity(item, b) - similarity(item, a) || a - b);
    const weight = recency ** (history.length - 1 - history.lastIndexOf(item));
    for (const j of others.slice(0, numNeighbors)) scores[j] += weight * similarity(item, j);
  }
  return scores;
}

const options = fc.record({
  numNeighbors: fc.integer({ min: 1, max: 12 }),
  shrinkage: fc.constantFrom(0, 0.5, 10),
  recency: fc.constantFrom(1, 0.5),
});

test("scores are those of the formula, computed on sets", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryInteractions(0), options, async (train, settings) => {
      const recommender = createItemKnnRecommender(fitItemKnn(train, settings));
      const history = [...train.items.slice(0, train.offsets[1]), 0];
      const scores = await recommender.score([{ items: history }]);
      const expected = naiveScores(train, settings, history);
      for (const [i, score] of expected.entries()) expect(scores[i]).toBeCloseTo(score, 5);
    }),
  );
});

test("two films with one of two viewers in common", async () => {
  // U_0 = {0, 1}, U_1 = {0}, U_2 = {1}: sim(0, 1) = 1 / (sqrt(2 * 1) + 3).
  const train = toInteractions(
    [
      [0, 1],
      [0, 2],
    ],
    3,
  );
  const weights = fitItemKnn(train, { numNeighbors: 5, shrinkage: 3 });
  const scores = await createItemKnnRecommender(weights).score([{ items: [1] }]);
  expect([...scores]).toEqual([Math.fround(1 / (Math.SQRT2 + 3)), 0, 0]);
});

test("settings out of range are refused by name", () => {
  const train = toInteractions([[0, 1]], 2);
  const refused: [ItemKnnOptions, RegExp][] = [
    [{ numNeighbors: 0, shrinkage: 0 }, /numNeighbors .* got 0/],
    [{ numNeighbors: 5, shrinkage: -1 }, /shrinkage .* got -1/],
    [{ numNeighbors: 5, shrinkage: 0, recency: 1.5 }, /recency .* got 1.5/],
  ];
  for (const [settings, message] of refused) {
    expect(() => fitItemKnn(train, settings)).toThrow(InputError);
    expect(() => fitItemKnn(train, settings)).toThrow(message);
  }
});
