import { describe, expect, it } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { maskToken, toToken } from "../data/tokens.ts";
import { Graph } from "../graph/graph.ts";
import { constantWeights, initializeParameters, sliceParameters } from "../nn/parameters.ts";
import { type Bert4RecConfig, type Bert4RecStart, bert4recNetwork } from "./bert4rec.ts";
import type { CatalogLossOptions } from "./item-table.ts";
import { toTrainable } from "./sequence-network.ts";

const config: Bert4RecConfig = {
  numItems: 12,
  embeddingDim: 8,
  numBlocks: 2,
  numHeads: 2,
  maxLength: 6,
  normPlacement: "post",
  hasHead: false,
};

const { parameters: specs } = bert4recNetwork(config);

const context = (graph: Graph, flat: Float32Array) => ({
  weights: constantWeights(graph, flat, specs),
  dropout: <T>(x: T): T => x,
});

async function scores(flat: Float32Array, items: readonly number[]): Promise<number[]> {
  const graph = new Graph();
  const sequence = [...items.map(toToken), maskToken(config.numItems)];
  const tokens = graph.constant("int32", [1, sequence.length], sequence);
  const result = toTrainable(bert4recNetwork(config), 0).scores({ tokens }, context(graph, flat));
  return (await runGraph(graph, { result }, {})).result;
}

describe("a start that averages", () => {
  /** Even items point one way, odd ones another, each a little off. */
  const items = Float32Array.from({ length: config.numItems * 8 }, (_, i) => {
    const [item, k] = [Math.floor(i / 8), i % 8];
    return (k === item % 2 ? 1 : 0) + (k === 2 + (item % 6) ? 0.3 : 0);
  });

  async function likesOwnKind(start: Bert4RecStart, seed: number): Promise<boolean> {
    const flat = initializeParameters(bert4recNetwork(config, start).parameters, seed);
    const [even, odd] = await Promise.all([scores(flat, [0, 2, 4]), scores(flat, [1, 3, 5])]);
    return [6, 8, 10].every((i) => even[i] > odd[i]) && [7, 9, 11].every((i) => even[i] < odd[i]);
  }

  it("recommends what is near the history before any training", async () => {
    for (const seed of [1, 2, 3, 4, 5])
      expect(await likesOwnKind({ items, isAveraging: true }, seed), `seed ${seed}`).toBe(true);
  });

  it("is what does it: from the same items random blocks do not", async () => {
    const found = await Promise.all([1, 2, 3, 4, 5].map((seed) => likesOwnKind({ items }, seed)));
    expect(found).toContain(false);
  });
});

describe("the loss", () => {
  const flat = initializeParameters(specs, 3);

  async function loss(
    weights: Float32Array,
    options: CatalogLossOptions = {},
    wanted: readonly number[] = [5, 11],
  ): Promise<number> {
    const graph = new Graph();
    const inputs = {
      tokens: graph.constant("int32", [2, 3], [0, 4, 13, 13, 7, 2]),
      positions: graph.constant("int32", [2], [2, 3]),
      targets: graph.constant("int32", [2], wanted),
      weights: graph.constant("float32", [2], [0.5, 0.5]),
    };
    const model = toTrainable(bert4recNetwork(config), 0, options);
    const result = model.loss(inputs, context(graph, weights));
    return (await runGraph(graph, { result }, {})).result[0];
  }

  it("counts a handicap as it would biases", async () => {
    const handicap = Float32Array.from({ length: config.numItems }, (_, i) => Math.sin(i));
    const biased = flat.slice();
    const bias = sliceParameters(biased, specs).get("item-bias") as Float32Array;
    for (const [i, value] of handicap.entries()) bias[i] += value;
    const counted = await loss(flat, { handicap });
    expect(counted).toBeCloseTo(await loss(biased), 5);
    expect(Math.abs(counted - (await loss(flat)))).toBeGreaterThan(0.01);
  });

  it("is what every item costs, where smoothing leaves nothing to the targets", async () => {
    const items = Array.from({ length: config.numItems }, (_, item) => item);
    const each = await Promise.all(items.map((item) => loss(flat, {}, [item, item])));
    const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
    expect(await loss(flat, { smoothing: 1 })).toBeCloseTo(mean, 5);
    expect(await loss(flat)).not.toBeCloseTo(mean, 3);
  });
});
