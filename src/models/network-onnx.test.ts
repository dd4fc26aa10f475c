import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { createRandom } from "../common/random.ts";
import { Graph } from "../graph/graph.ts";
import { constantWeights, initializeParameters } from "../nn/parameters.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { historyInputs, sequenceLength } from "./history-inputs.ts";
import { networkOnnx } from "./network-onnx.ts";
import { readNetworkWeights } from "./network-weights.ts";
import { createNetwork, type NetworkConfig, networkInput } from "./networks.ts";
import { createOnnxRecommender } from "./onnx-recommender.ts";
import { quantizeRows } from "./quantized-weights.ts";
import type { Recommender } from "./recommender.ts";
import { NO_SIDES, type SideInformation } from "./side-information.ts";

const shape = { numItems: 40, embeddingDim: 32, numBlocks: 2, numHeads: 4, maxLength: 12 };
const bert4rec = { kind: "bert4rec", ...shape, hasHead: true } as const;
const post: NetworkConfig = { ...bert4rec, normPlacement: "post" };
const sides: SideInformation = {
  ratings: { mean: 3.5, deviation: 1.1 },
  users: [
    { name: "gender", kind: "categorical", labels: ["F", "M"] },
    { name: "age", kind: "numeric", mean: 30, deviation: 12 },
  ],
  items: [{ name: "year", kind: "numeric", mean: 1990, deviation: 8 }],
  gaps: true,
  nextGaps: true,
};
const encoder = { kind: "informative-encoder", ...shape, headDim: 48 } as const;
const configs: readonly NetworkConfig[] = [
  { ...bert4rec, normPlacement: "pre" },
  post,
  { kind: "sasrec", ...shape, feedForwardDim: 64 },
  { kind: "sasrec", ...shape, feedForwardDim: 64, positions: "relative", block: "gated" },
  { kind: "gru4rec", numItems: 40, embeddingDim: 32, maxLength: 12, numLayers: 2 },
  { kind: "sasrec", ...shape, feedForwardDim: 64, sides },
  { ...encoder, sides },
  { ...encoder, sides: NO_SIDES },
];
const random = createRandom(5, "features");
const itemFeatures = Float32Array.from({ length: 2 * shape.numItems }, () => random.nextNormal());

function networkOf(config: NetworkConfig): ReturnType<typeof createNetwork> {
  return createNetwork({ config, dropoutRate: 0, itemFeatures });
}

const specs = networkOf(post).parameters;
const flat = initializeParameters(specs, 3);
const history = {
  items: [3, 14, 15, 9, 26, 5],
  ratings: [5, 1, Number.NaN, 4, 3, 5],
  user: { gender: "F", age: 50 },
  gaps: [Number.NaN, 0, 60, 86_400, Number.POSITIVE_INFINITY, 3],
  nextGap: 0,
};

async function load(
  config: NetworkConfig,
  weights: Float32Array,
  options = {},
  backend?: "wasm",
): Promise<Recommender> {
  const runtime = await loadRuntime({ backend });
  const graph = networkOnnx(networkOf(config), weights, options);
  const session = await runtime.createSession(graph, { numThreads: 1 });
  const { kind: name, numItems } = config;
  return createOnnxRecommender(session, { name, numItems, input: networkInput(config) });
}

describe.each(configs)("the graph of $kind, norms $normPlacement, blocks $block", (config) => {
  const network = networkOf(config);
  const weights = initializeParameters(network.parameters, 4);
  let recommender: Recommender;
  beforeAll(async () => {
    recommender = await load(config, weights);
  });
  afterAll(() => recommender.dispose());

  test("scores as the graph of fixed shape does", async () => {
    const input = networkInput(config);
    const length = sequenceLength(history, input);
    const values = historyInputs([history], [1, length], input, config.numItems);
    const fixed = new Graph();
    const inputs = Object.fromEntries(
      Object.entries(values).map(([name, { dtype, shape }]) => [
        name,
        fixed.input(name, dtype, shape),
      ]),
    );
    const feeds = Object.fromEntries(
      Object.entries(values).map(([name, { data }]) => [name, Array.from(data as Float32Array)]),
    );
    const context = {
      weights: constantWeights(fixed, weights, network.parameters),
      dropout: <T>(x: T) => x,
    };
    const scores = network.scores(inputs, context);
    const expected = (await runGraph(fixed, { scores }, feeds)).scores;
    const actual = await recommender.score([history]);
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
  });

  test("gives its weights back, whole or rounded", () => {
    const graph = networkOnnx(network, weights);
    expect(readNetworkWeights(graph, network.parameters)).toEqual(weights);
    const small = networkOnnx(network, weights, { weights: "int8" });
    const rounded = readNetworkWeights(small, network.parameters);
    const step = Math.max(...weights.map(Math.abs)) / 127;
    for (const [i, value] of weights.entries()) {
      expect(Math.abs(rounded[i] - value)).toBeLessThanOrEqual(step / 2 + 1e-6);
    }
    // Rounded again, they stay where they are.
    const again = networkOnnx(network, rounded, { weights: "int8" });
    const twice = readNetworkWeights(again, network.parameters);
    for (const [i, value] of rounded.entries()) expect(twice[i]).toBeCloseTo(value, 6);
  });

  test("a longer batch mate, and so more padding, changes no score", async () => {
    const alone = await recommender.score([history]);
    const mate = { items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] };
    const together = await recommender.score([mate, history]);
    for (const [i, value] of alone.entries()) {
      expect(together[config.numItems + i]).toBeCloseTo(value, 4);
    }
  });

  test("of a history that is too long the newest items count", async () => {
    const long = { items: [...new Array(50).fill(7), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] };
    const cut = { items: long.items.slice(config.kind === "bert4rec" ? -11 : -12) };
    expect(await recommender.score([long])).toEqual(await recommender.score([cut]));
  });

  test("the Wasm runtime gives the same scores", async () => {
    const wasm = await load(config, weights, {}, "wasm");
    const expected = await recommender.score([history]);
    const actual = await wasm.score([history]);
    await wasm.dispose();
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
  });
});

describe.each<NetworkConfig>([
  { kind: "sasrec", ...shape, feedForwardDim: 64, sides },
  { ...encoder, sides },
])("side information of $kind", (config) => {
  const weights = initializeParameters(networkOf(config).parameters, 4);

  test("moves the scores, and what is not known is as if it had not been said", async () => {
    const recommender = await load(config, weights);
    const { items, user } = history;
    const score = async (ratings?: readonly number[], who?: typeof user): Promise<number> =>
      (await recommender.score([{ items, ratings, user: who }]))[7];
    const unknown = items.map(() => Number.NaN);
    const alone = await score();
    expect(await score(unknown)).toBe(alone);
    expect(await score(items.map(() => 1))).not.toBe(await score(items.map(() => 5)));
    expect(await score(unknown, user)).not.toBe(alone);
    expect(await score(unknown, { gender: "M", age: 50 })).not.toBe(await score(unknown, user));
    await recommender.dispose();
  });

  test("of films is part of the graph", async () => {
    const other = createNetwork({
      config,
      dropoutRate: 0,
      itemFeatures: itemFeatures.map((value) => -value),
    });
    expect(networkOnnx(other, weights)).not.toEqual(networkOnnx(networkOf(config), weights));
  });
});

describe("8-bit weights", () => {
  test("a row keeps its largest number exactly, the others within half a step", () => {
    const { values, scales } = quantizeRows(Float32Array.of(0.5, -1.27, 0, 0, 0, 0), 2);
    expect([...values]).toEqual([50, -127, 0, 0, 0, 0]);
    expect(scales[0]).toBeCloseTo(0.01, 8);
    expect(scales[1]).toBe(1);
  });

  test("give the scores of the rounded weights, close to those of the weights themselves", async () => {
    const [exact, small] = await Promise.all([
      load(post, flat),
      load(post, flat, { weights: "int8" }),
    ]);
    const rounded = await load(post, roundTables(flat));
    const [a, b, c] = await Promise.all(
      [exact, small, rounded].map((model) => model.score([history, { items: [1] }])),
    );
    await Promise.all([exact, small, rounded].map((model) => model.dispose()));
    for (const [i, value] of c.entries()) expect(b[i]).toBeCloseTo(value, 4);
    const spread = Math.max(...a) - Math.min(...a);
    const error = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    expect(error).toBeGreaterThan(0);
    expect(error / spread).toBeLessThan(0.03);
  });

  test("make the file less than half as large", () => {
    const bytes = networkOnnx(networkOf(post), flat, { weights: "int8" }).length;
    expect(bytes).toBeLessThan(networkOnnx(networkOf(post), flat).length / 2);
  });
});

/** What is left of the weights: every large table through 8 bits and back. */
function roundTables(weights: Float32Array): Float32Array {
  const rounded = weights.slice();
  let offset = 0;
  for (const { shape } of specs) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const part = rounded.subarray(offset, offset + size);
    offset += size;
    if (shape.length !== 2 || size < 1024) continue;
    const { values, scales } = quantizeRows(part, shape[0]);
    for (let i = 0; i < size; i++) part[i] = values[i] * scales[Math.floor(i / shape[1])];
  }
  return rounded;
}
