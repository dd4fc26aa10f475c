import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { BASELINE_INPUT, baselineOnnx } from "./baseline-onnx.ts";
import { type BaselineWeights, createBaselineRecommender, fitBaseline } from "./baselines.ts";
import { createOnnxRecommender } from "./onnx-recommender.ts";
import type { Recommender } from "./recommender.ts";

const NUM_ITEMS = 9;
const item = fc.integer({ min: 0, max: NUM_ITEMS - 1 });
const history = fc.array(item, { maxLength: 30 });
const train = toInteractions(
  [
    [0, 1, 2, 3],
    [1, 2, 4],
    [0, 2, 5, 6, 7],
    [3, 4, 2],
    [6, 5, 1, 0],
    [8, 2],
  ],
  NUM_ITEMS,
);

async function asGraph(weights: BaselineWeights): Promise<Recommender> {
  const runtime = await loadRuntime();
  const session = await runtime.createSession(baselineOnnx(weights), { numThreads: 1 });
  const model = { name: weights.kind, numItems: NUM_ITEMS, input: BASELINE_INPUT };
  return createOnnxRecommender(session, model);
}

describe.each([
  ["popularity", () => fitBaseline("popularity", train, {})],
  [
    "item-knn, recency 1",
    () => fitBaseline("item-knn", train, { numNeighbors: 4, shrinkage: 1, recency: 1 }),
  ],
  [
    "item-knn, recency 0.7",
    () => fitBaseline("item-knn", train, { numNeighbors: 3, shrinkage: 0, recency: 0.7 }),
  ],
  ["markov", () => fitBaseline("markov", train, { smoothing: 2 })],
  ["ease", () => fitBaseline("ease", train, { l2: 2 })],
])("%s", (_name, learn) => {
  test("the graph scores histories as the baseline itself does, whoever is in the batch", async () => {
    const weights = await learn();
    const plain = createBaselineRecommender(weights);
    const graph = await asGraph(weights);
    const histories = fc.array(
      history.map((items) => ({ items })),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(histories, async (batch) => {
        const [expected, actual] = await Promise.all([plain.score(batch), graph.score(batch)]);
        expect(actual).toHaveLength(expected.length);
        for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
      }),
      { seed: 1, numRuns: 50 },
    );
    await graph.dispose();
  });
});

test("transitions that no ONNX file can hold are refused before they are laid out", () => {
  // One film that was followed by all others makes the table as wide as the catalog.
  const [numItems, none] = [60_000, new Float32Array(60_000)];
  const offsets = new Int32Array(numItems + 1).fill(numItems, 1);
  const vector = { dtype: "float32" as const, shape: [numItems], data: none };
  const weights = {
    kind: "markov" as const,
    options: { smoothing: 1 },
    tensors: {
      offsets: { dtype: "int32" as const, shape: [numItems + 1], data: offsets },
      successors: { dtype: "int32" as const, shape: [numItems], data: new Int32Array(numItems) },
      shares: vector,
      rests: vector,
      prior: vector,
    },
  };
  expect(() => baselineOnnx(weights)).toThrow("markov on 60000 items does not fit");
});

test("an EASE matrix that no ONNX file can hold is refused", () => {
  const shape = [30_000, 30_000];
  const data = { byteLength: 4 * 30_000 ** 2 } as Float32Array;
  const itemWeights = { dtype: "float32" as const, shape, data };
  const prior = { dtype: "float32" as const, shape: [30_000], data: new Float32Array(30_000) };
  const weights = { kind: "ease" as const, options: { l2: 1 }, tensors: { itemWeights, prior } };
  expect(() => baselineOnnx(weights)).toThrow(InputError);
  expect(() => baselineOnnx(weights)).toThrow("ease on 30000 items does not fit");
});
