import { describe, expect, test } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { createRandom } from "../common/random.ts";
import { Graph } from "../graph/graph.ts";
import { createDropout } from "../graph/operators/random.ts";
import { constantWeights, countParameters, type ParameterSpec } from "../nn/parameters.ts";
import { foldContent, unfoldContent } from "./content-rows.ts";
import { createNetwork, type NetworkConfig } from "./networks.ts";

const shape = { numItems: 6, embeddingDim: 8, numBlocks: 1, numHeads: 2, maxLength: 5 };
const configs: readonly NetworkConfig[] = [
  { kind: "sasrec", ...shape, feedForwardDim: 16 },
  { kind: "bert4rec", ...shape, normPlacement: "pre", hasHead: false },
];
const random = createRandom(2, "content-rows");
// Of the last film nothing is known.
const content = {
  numFeatures: 2,
  values: Float32Array.of(1, 0, 0, 1, 1, 1, 0.5, 0, 0, 1, 0, 0),
};

function randomWeights(specs: readonly ParameterSpec[]): Float32Array {
  return Float32Array.from({ length: countParameters(specs) }, () => random.nextNormal() / 2);
}

async function scores(
  config: NetworkConfig,
  flat: Float32Array,
  options: { content?: typeof content },
): Promise<ArrayLike<number>> {
  const network = createNetwork({ config, dropoutRate: 0, ...options });
  const graph = new Graph();
  const tokens = graph.input("tokens", "int32", [1, 3]);
  const context = {
    weights: constantWeights(graph, flat, network.parameters),
    dropout: <T>(x: T) => x,
  };
  const output = network.scores({ tokens }, context);
  return (await runGraph(graph, { scores: output }, { tokens: [2, 5, 6] })).scores;
}

describe.each(configs)("content beside the items of $kind", (config) => {
  const specs = createNetwork({ config, dropoutRate: 0, content }).parameters;
  const flat = randomWeights(specs);

  test("is part of their rows once training is over", async () => {
    const [beside, folded] = [
      await scores(config, flat, { content }),
      await scores(config, foldContent(flat, specs, content), {}),
    ];
    for (const [i, value] of Array.from(beside).entries()) expect(folded[i]).toBeCloseTo(value, 4);
    const without = createNetwork({ config, dropoutRate: 0 }).parameters;
    const silent = await scores(config, flat.subarray(0, countParameters(without)), {});
    expect(Math.abs(silent[0] - beside[0])).toBeGreaterThan(1e-3);
  });

  test("may be learnt anew from rows that hold it", async () => {
    const plain = foldContent(flat, specs, content);
    const again = unfoldContent(plain, specs);
    const expected = await scores(config, plain, {});
    const actual = await scores(config, again, { content });
    for (const [i, value] of Array.from(expected).entries())
      expect(actual[i]).toBeCloseTo(value, 5);
  });
});

test("while training, own rows are left out at random, but never where nothing else is known", async () => {
  const config = configs[0];
  const network = createNetwork({ config, dropoutRate: 0.5, content });
  const flat = randomWeights(network.parameters);
  const rows: number[][][] = [];
  for (const key of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const graph = new Graph();
    const drop = createDropout(graph.constant("uint32", [], [key]), 0.5);
    const context = { weights: constantWeights(graph, flat, network.parameters), dropout: drop };
    const { vectors } = await runGraph(graph, { vectors: network.itemVectors(context) }, {});
    const all = Array.from(vectors);
    rows.push(Array.from({ length: 6 }, (_, i) => all.slice(i * 8, (i + 1) * 8)));
  }
  const variants = rows[0].map((_, item) => new Set(rows.map((draw) => draw[item].join())).size);
  expect(variants).toEqual([2, 2, 2, 2, 2, 1]);
});
