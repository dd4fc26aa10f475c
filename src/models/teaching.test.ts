import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { initializeParameters } from "../nn/parameters.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { networkOnnx } from "./network-onnx.ts";
import { createNetwork, networkInput } from "./networks.ts";
import { createOnnxRecommender } from "./onnx-recommender.ts";
import { softTargets, teach } from "./teaching.ts";

const numItems = 12;
const config = {
  kind: "sasrec",
  ...{ numItems, embeddingDim: 8, numBlocks: 1, numHeads: 2, maxLength: 6, feedForwardDim: 8 },
  positions: "relative",
} as const;
const network = createNetwork({ config, dropoutRate: 0 });
const far = network.parameters.map((spec) => ({
  ...spec,
  initialize: (values: Float32Array, shape: readonly number[], random: { next(): number }) => {
    for (let i = 0; i < values.length; i++) values[i] = 2 * random.next() - 1;
    return shape;
  },
}));
const teachers = [1, 2].map((seed) => ({ network, weights: initializeParameters(far, seed) }));
const interactions = toInteractions(
  [
    [3, 1, 4, 1, 5],
    [9, 2, 6, 5, 3, 5, 8, 9, 7, 9],
  ],
  numItems,
);

function softmax(scores: Float32Array): number[] {
  const powers = Array.from(scores, Math.exp);
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** What a teacher says comes after these, as it recommends. */
async function probabilities(weights: Float32Array, items: readonly number[]): Promise<number[]> {
  const runtime = await loadRuntime();
  const session = await runtime.createSession(networkOnnx(network, weights));
  const input = networkInput(config);
  const recommender = createOnnxRecommender(session, { name: "teacher", numItems, input });
  const scores = await recommender.score([{ items }]);
  await recommender.dispose();
  return softmax(scores);
}

test("says of each row what the teachers' mean recommends there", async () => {
  const taught = await teach(await loadRuntime(), teachers, interactions, {
    maxLength: 6,
    numItems: 4,
    share: 0.5,
    session: { numThreads: 1 },
  });
  // Row 3 of the first user, by all that came before it.
  const [a, b] = await Promise.all(
    teachers.map(({ weights }) => probabilities(weights, [3, 1, 4])),
  );
  const mean = a.map((value, item) => (value + b[item]) / 2);
  const best = mean.map((_, item) => item).sort((x, y) => mean[y] - mean[x]);
  expect([...taught.items.subarray(12, 16)]).toEqual(best.slice(0, 4));
  const sum = best.slice(0, 4).reduce((total, item) => total + mean[item], 0);
  for (const [k, item] of best.slice(0, 4).entries()) {
    expect(taught.probabilities[12 + k]).toBeCloseTo(mean[item] / sum, 5);
  }
});

test("every row but a user's first is judged, by half a window at least", async () => {
  // More users than are asked at once, and the long histories together: more targets than fit.
  const lengths = Array.from({ length: 40 }, (_, user) => (user < 6 ? 17 : 1 + (user % 3)));
  const many = toInteractions(
    lengths.map((length) => Array.from({ length }, (_, row) => (7 * row + length) % numItems)),
    numItems,
  );
  const taught = await teach(await loadRuntime(), teachers.slice(0, 1), many, {
    maxLength: 6,
    numItems: 2,
    share: 0.5,
    session: { numThreads: 1 },
  });
  for (let row = 0; row < many.items.length; row++) {
    const [a, b] = taught.probabilities.subarray(2 * row, 2 * row + 2);
    expect(a + b).toBeCloseTo(many.offsets.includes(row) ? 0 : 1, 5);
  }
});

test("what came counts the rest of the share", () => {
  const teaching = {
    numItems: 2,
    items: Uint32Array.of(0, 0, 7, 8, 4, 5),
    probabilities: Float32Array.of(0, 0, 0.75, 0.25, 0.5, 0.5),
    share: 0.5,
  };
  const slice = softTargets(Int32Array.of(3, 7), Int32Array.of(2, 1), teaching);
  expect([...(slice.answers.data as Int32Array)]).toEqual([3, 4, 5, 7, 7, 8]);
  expect([...(slice.shares.data as Float32Array)]).toEqual([0.5, 0.25, 0.25, 0.5, 0.375, 0.125]);
});
