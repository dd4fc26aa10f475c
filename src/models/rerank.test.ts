import { describe, expect, it } from "vitest";
import { createRandom } from "../common/random.ts";
import { topK } from "../metrics/top-k.ts";
import { diversifiedTopK } from "./diversify.ts";
import { explain } from "./explain.ts";
import { cosine, type ItemVectors, toUnitLength } from "./item-vectors.ts";
import type { Recommender } from "./recommender.ts";
import { createReranked, temperedScores } from "./rerank.ts";
import { createRowRecommender } from "./score-rows.ts";

const NUM_ITEMS = 150;
const random = createRandom(1, "rerank");
const scores = Float32Array.from({ length: NUM_ITEMS }, () => random.nextNormal());
const vectors = toUnitLength(
  Float32Array.from({ length: 3 * NUM_ITEMS }, () => random.nextNormal()),
  3,
);

/** Some items score high for everyone, and those after the items of the history higher. */
const recommender: Recommender = createRowRecommender("test", NUM_ITEMS, (items, row) => {
  row.set(scores);
  for (let i = 0; i < items.length; i++) row[(items[i] + 1) % NUM_ITEMS] += 4;
});
const model = { recommender, itemVectors: async () => vectors };

/** The definition, item by item. */
function naive(diversity: number, k: number, excluded: Uint8Array, own: ItemVectors): number[] {
  const candidates = [...topK(scores, 100, excluded)];
  const [high, low] = [scores[candidates[0]], scores[candidates[candidates.length - 1]]];
  const chosen: number[] = [];
  while (chosen.length < k) {
    const marginOf = (item: number): number => {
      const likeness = Math.max(...chosen.map((other) => cosine(own, item, other)));
      const relevance = (scores[item] - low) / (high - low);
      return (1 - diversity) * relevance - (chosen.length > 0 ? diversity * likeness : 0);
    };
    const left = candidates.filter((item) => !chosen.includes(item));
    chosen.push(left.reduce((best, item) => (marginOf(item) > marginOf(best) ? item : best)));
  }
  return chosen;
}

describe("diversifiedTopK", () => {
  const excluded = new Uint8Array(NUM_ITEMS);
  excluded[topK(scores, 1)[0]] = 1;

  it.each([0, 0.2, 0.5, 1])("is maximal marginal relevance, diversity %d", (diversity) => {
    const list = [...diversifiedTopK(scores, 12, excluded, vectors, diversity)];
    expect(list).toEqual(naive(diversity, 12, excluded, vectors));
  });

  it("gives what there is where candidates are few", () => {
    const few = new Uint8Array(NUM_ITEMS).fill(1);
    few[3] = few[8] = 0;
    expect([...diversifiedTopK(scores, 5, few, vectors, 0.5)].sort()).toEqual([3, 8]);
    expect([...diversifiedTopK(scores, 5, few.fill(1), vectors, 0.5)]).toEqual([]);
  });

  it("makes lists less alike the more it is asked to", () => {
    const spread = (diversity: number): number => {
      const list = diversifiedTopK(scores, 10, excluded, vectors, diversity);
      const pairs = [...list].flatMap((a, i) => [...list].slice(i + 1).map((b) => [a, b]));
      return pairs.reduce((sum, [a, b]) => sum + cosine(vectors, a, b), 0) / pairs.length;
    };
    expect(spread(0.5)).toBeLessThan(spread(0));
    expect(spread(1)).toBeLessThanOrEqual(spread(0.5));
  });
});

describe("tempering", () => {
  it("takes away what is said to someone unknown", async () => {
    const plain = await recommender.score([{ items: [4] }]);
    const half = await temperedScores(recommender, [{ items: [4] }], 0.5);
    for (const [i, value] of half.entries())
      expect(value).toBeCloseTo(plain[i] - 0.5 * scores[i], 5);
    const whole = await temperedScores(recommender, [{ items: [4] }, { items: [7] }], 1);
    expect(topK(whole.subarray(0, NUM_ITEMS), 1)[0]).toBe(5);
    expect(topK(whole.subarray(NUM_ITEMS), 1)[0]).toBe(8);
  });
});

describe("a reranked recommender", () => {
  it("ranks as lists are put in order, without what was seen", async () => {
    const history = { items: [4, 60] };
    const row = await recommender.score([history]);
    const excluded = new Uint8Array(NUM_ITEMS);
    excluded[4] = excluded[60] = 1;
    const reranked = await createReranked(model, { diversity: 0.4 });
    const ranked = await reranked.score([history]);
    expect([...topK(ranked, 20, excluded)]).toEqual([
      ...diversifiedTopK(row, 20, excluded, vectors, 0.4),
    ]);
  });

  it("is the recommender itself where nothing is asked", async () => {
    expect(await createReranked(model, { diversity: 0 })).toBe(recommender);
    const { name } = await createReranked(model, { tempering: 0.5, diversity: 0.25 });
    expect(name).toBe("test, tempering 0.5, diversity 0.25");
  });

  it("is refused where a model cannot tell its films apart", async () => {
    const blind = { recommender, itemVectors: async () => null };
    await expect(createReranked(blind, { diversity: 0.1 })).rejects.toThrow(
      "diversity 0.1: test has no vectors that tell its films apart",
    );
    await expect(createReranked(blind, { tempering: 2 })).rejects.toThrow("got 2");
    await createReranked(blind, { tempering: 1 });
  });
});

describe("explain", () => {
  it("finds the film without which a recommendation falls furthest", async () => {
    const reasons = await explain(recommender, { items: [10, 20, 30, 20] }, [31, 11, 99]);
    expect(reasons[0].map(({ itemIndex }) => itemIndex)).toEqual([30]);
    expect(reasons[0][0].effect).toBeCloseTo(4 - 4 / NUM_ITEMS, 4);
    expect(reasons[1].map(({ itemIndex }) => itemIndex)).toEqual([10]);
    // What nothing speaks for stands better without the others.
    expect(reasons[2]).toEqual([]);
  });
});
