import { describe, expect, it } from "vitest";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import { createNegativeSampler, type NegativeDistribution } from "./negatives.ts";

/** Items by falling count: 2, 0, 3, 1. */
const counts = [5, 1, 9, 5];
const order = [2, 0, 3, 1];

describe.each<NegativeDistribution>(["uniform", "log-uniform"])("%s negatives", (distribution) => {
  const sampler = createNegativeSampler(distribution, counts);
  const numDraws = 200_000;
  const { items, logProbabilities } = sampler.draw(numDraws, createRandom(1, distribution));
  const probabilityOf = new Map([...items].map((item, k) => [item, Math.exp(logProbabilities[k])]));

  it("have probabilities that sum to 1", () => {
    expect([...probabilityOf.keys()].sort()).toEqual([0, 1, 2, 3]);
    expect([...probabilityOf.values()].reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  });

  it("come as often as their probabilities say", () => {
    for (const [item, probability] of probabilityOf) {
      const frequency = items.filter((drawn) => drawn === item).length / numDraws;
      const deviation = Math.sqrt((probability * (1 - probability)) / numDraws);
      expect(Math.abs(frequency - probability)).toBeLessThan(4 * deviation);
    }
  });

  it("are the same for the same random source", () => {
    const again = sampler.draw(50, createRandom(1, distribution));
    expect(again.items).toEqual(items.slice(0, 50));
  });
});

describe("createNegativeSampler", () => {
  it("gives popularity rank r the share log((r + 2) / (r + 1)) of log(N + 1)", () => {
    const sampler = createNegativeSampler("log-uniform", counts);
    const { items, logProbabilities } = sampler.draw(1000, createRandom(2, "rank"));
    for (const [k, item] of items.entries()) {
      const rank = order.indexOf(item);
      const share = Math.log((rank + 2) / (rank + 1)) / Math.log(5);
      expect(Math.exp(logProbabilities[k])).toBeCloseTo(share, 6);
    }
  });

  it("refuses an empty catalog", () => {
    expect(() => createNegativeSampler("uniform", [])).toThrow(InputError);
  });
});
