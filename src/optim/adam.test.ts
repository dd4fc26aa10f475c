import { describe, expect, it } from "vitest";
import { compileGraph } from "../../test/compile-graph.ts";
import { createRandom } from "../common/random.ts";
import { Graph } from "../graph/graph.ts";
import { type AdamOptions, adam, biasCorrections } from "./adam.ts";

const size = 6;
const numSteps = 5;
const learningRate = 0.01;
const random = createRandom(1, "adam");
const start = Array.from({ length: size }, () => random.nextNormal());
const gradientsOf = Array.from({ length: numSteps }, () =>
  Array.from({ length: size }, () => random.nextNormal()),
);
const mask = [1, 0, 1, 0, 0, 1];
const shares = [1, 0.1, 1, 0.5, 1, 1];

/** Algorithm 2 of Loshchilov & Hutter 2019 for one weight, without a schedule. */
function naive(
  weight: number,
  steps: readonly number[],
  rate: number,
  options: Required<AdamOptions>,
): number {
  const { beta1, beta2, epsilon, weightDecay } = options;
  let [m, v, w] = [0, 0, weight];
  for (const [index, g] of steps.entries()) {
    const t = index + 1;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const step = m / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
    w -= rate * (step + weightDecay * w);
  }
  return w;
}

interface Vectors {
  readonly isMasked?: boolean;
  readonly isShared?: boolean;
}

async function train(options: AdamOptions, { isMasked, isShared }: Vectors): Promise<number[]> {
  const graph = new Graph();
  const vector = (name: string) => graph.input(name, "float32", [size]);
  const scalar = (name: string) => graph.input(name, "float32", []);
  const state = {
    weights: vector("weights"),
    firstMoment: vector("firstMoment"),
    secondMoment: vector("secondMoment"),
  };
  const inputs = {
    learningRate: scalar("learningRate"),
    correction1: scalar("correction1"),
    correction2: scalar("correction2"),
    ...(isShared && { rateShares: graph.constant("float32", [size], shares) }),
    ...(isMasked && { decayMask: graph.constant("float32", [size], mask) }),
  };
  const next = adam(state, vector("gradient"), inputs, options);
  const outputs = { w: next.weights, m: next.firstMoment, v: next.secondMoment };
  const compiled = await compileGraph(graph, outputs);
  const zeros = start.map(() => 0);
  let values: Record<string, number[]> = { w: start, m: zeros, v: zeros };
  for (const [index, gradient] of gradientsOf.entries()) {
    const [correction1, correction2] = biasCorrections(index + 1, options).map((value) => [value]);
    const scalars = { learningRate: [learningRate], correction1, correction2 };
    const state = { weights: values.w, firstMoment: values.m, secondMoment: values.v };
    values = await compiled.run({ ...state, ...scalars, gradient });
  }
  await compiled.dispose();
  return values.w;
}

describe("adam", () => {
  const defaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

  it.each<[AdamOptions, Vectors]>([
    [{}, {}],
    [{ beta1: 0.8, beta2: 0.98, epsilon: 1e-3 }, {}],
    [{ weightDecay: 0.5 }, {}],
    [{ weightDecay: 0.5 }, { isMasked: true }],
    [{}, { isShared: true }],
    [{ weightDecay: 0.5 }, { isMasked: true, isShared: true }],
  ])("moves weights as the published algorithm, %o %o", async (options, vectors) => {
    const actual = await train(options, vectors);
    for (let i = 0; i < size; i++) {
      const own = { ...defaults, ...options };
      const weightDecay = vectors.isMasked && mask[i] === 0 ? 0 : own.weightDecay;
      const steps = gradientsOf.map((gradient) => gradient[i]);
      const rate = learningRate * (vectors.isShared ? shares[i] : 1);
      expect(actual[i]).toBeCloseTo(naive(start[i], steps, rate, { ...own, weightDecay }), 5);
    }
  });
});
