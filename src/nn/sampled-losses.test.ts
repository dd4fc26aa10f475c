import { describe, expect, it } from "vitest";
import { compileGraph, runGraph } from "../../test/compile-graph.ts";
import * as reference from "../../test/reference-layers.ts";
import { createRandom } from "../common/random.ts";
import { createNegativeSampler, type NegativeDistribution } from "../data/negatives.ts";
import { gradients } from "../graph/gradient.ts";
import { Graph, type Tensor } from "../graph/graph.ts";
import { softmaxCrossEntropy, type Targets } from "./losses.ts";
import { generalizedBce, sampledSoftmax } from "./sampled-losses.ts";

const [numTargets, dim, numItems] = [6, 3, 40];
const random = createRandom(3, "sampled-losses");
const draw = (size: number): number[] => Array.from({ length: size }, () => random.nextNormal());
const feeds = {
  hidden: draw(numTargets * dim),
  items: draw(numItems * dim),
  bias: draw(numItems),
  targets: [3, 0, 39, 3, 17, 1],
  weights: [0.4, 0.1, 0.1, 0.3, 0, 0.1],
};
const args = {
  ...feeds,
  hidden: reference.toRows(feeds.hidden, dim),
  items: reference.toRows(feeds.items, dim),
};
/** Item 7 is the most popular, then 8, ... */
const counts = Array.from({ length: numItems }, (_, item) => 100 - ((item + 33) % numItems));

interface Problem {
  readonly graph: Graph;
  readonly hidden: Tensor;
  readonly items: Tensor;
  readonly bias: Tensor;
  readonly targets: Targets;
}

function problem(): Problem {
  const graph = new Graph();
  return {
    graph,
    hidden: graph.input("hidden", "float32", [numTargets, dim]),
    items: graph.input("items", "float32", [numItems, dim]),
    bias: graph.input("bias", "float32", [numItems]),
    targets: {
      items: graph.input("targets", "int32", [numTargets]),
      weights: graph.input("weights", "float32", [numTargets]),
    },
  };
}

interface LossAndGradient {
  readonly loss: number;
  readonly gradient: readonly number[];
}

/** The loss and the gradients of hidden states, items and biases, one after the other. */
async function run(
  { graph, hidden, items, bias }: Problem,
  loss: Tensor,
  draws: readonly Record<string, ArrayLike<number>>[],
): Promise<LossAndGradient[]> {
  const [dHidden, dItems, dBias] = gradients(loss, [hidden, items, bias]);
  const compiled = await compileGraph(graph, { loss, dHidden, dItems, dBias });
  const results: LossAndGradient[] = [];
  for (const negatives of draws) {
    const out = await compiled.run({ ...feeds, ...negatives });
    results.push({ loss: out.loss[0], gradient: [...out.dHidden, ...out.dItems, ...out.dBias] });
  }
  await compiled.dispose();
  return results;
}

async function fullSoftmax(): Promise<LossAndGradient> {
  const full = problem();
  const [result] = await run(
    full,
    softmaxCrossEntropy(full.hidden, full.items, full.bias, full.targets),
    [{}],
  );
  return result;
}

async function sampled(
  numNegatives: number,
  draws: readonly Record<string, ArrayLike<number>>[],
): Promise<LossAndGradient[]> {
  const sampledProblem = problem();
  const { graph, hidden, items, bias, targets } = sampledProblem;
  const negatives = {
    items: graph.input("negatives", "int32", [numNegatives]),
    logProbabilities: graph.input("logProbabilities", "float32", [numNegatives]),
  };
  return run(sampledProblem, sampledSoftmax(hidden, items, bias, targets, negatives), draws);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - b[i])) / Math.hypot(...b);
}

describe("sampledSoftmax", () => {
  it("is the full cross entropy when every item is drawn once", async () => {
    const expected = await fullSoftmax();
    const negatives = Array.from({ length: numItems }, (_, item) => item);
    const logProbabilities = negatives.map(() => -Math.log(numItems));
    const [actual] = await sampled(numItems, [{ negatives, logProbabilities }]);
    expect(actual.loss).toBeCloseTo(reference.softmaxCrossEntropy(args), 5);
    expect(actual.loss).toBeCloseTo(expected.loss, 5);
    expect(distance(actual.gradient, expected.gradient)).toBeLessThan(1e-5);
  });

  it.each<NegativeDistribution>(["uniform", "log-uniform"])(
    "converges to the full cross entropy with %s negatives",
    async (distribution) => {
      const expected = await fullSoftmax();
      const sampler = createNegativeSampler(distribution, counts);
      const sizes = [10, 1000, 100_000];
      const errors: number[] = [];
      for (const size of sizes) {
        const source = createRandom(4, distribution, size);
        const { items: negatives, logProbabilities } = sampler.draw(size, source);
        const [{ loss, gradient }] = await sampled(size, [{ negatives, logProbabilities }]);
        errors.push(Math.abs(loss - expected.loss), distance(gradient, expected.gradient));
      }
      // The error of a mean of K draws falls like 1 / sqrt(K): here a tenth for each step.
      const [loss10, gradient10, loss1000, gradient1000, lossMany, gradientMany] = errors;
      expect(loss1000).toBeLessThan(loss10);
      expect(gradient1000).toBeLessThan(gradient10);
      expect(lossMany).toBeLessThan(0.01);
      expect(gradientMany).toBeLessThan(0.02);
    },
  );

  it.each<NegativeDistribution>(["uniform", "log-uniform"])(
    "estimates the sum over the other items without bias, from %s negatives",
    async (distribution) => {
      const sampler = createNegativeSampler(distribution, counts);
      const numDraws = 1500;
      const draws = Array.from({ length: numDraws }, (_, i) => {
        const { items, logProbabilities } = sampler.draw(20, createRandom(5, distribution, i));
        return { negatives: items, logProbabilities, weights: [1, 0, 0, 0, 0, 0] };
      });
      const losses = await sampled(20, draws);
      // loss = log(e^t + S) - t, so that e^loss - 1 = S / e^t, whose mean is to be the true one.
      const estimates = losses.map(({ loss }) => Math.exp(loss) - 1);
      const mean = estimates.reduce((sum, value) => sum + value, 0) / numDraws;
      const deviation = Math.sqrt(
        estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numDraws,
      );
      const row = reference.scores(args)[0];
      const truth = row
        .filter((_, item) => item !== feeds.targets[0])
        .reduce((sum, score) => sum + Math.exp(score - row[feeds.targets[0]]), 0);
      expect(Math.abs(mean - truth)).toBeLessThan((4 * deviation) / Math.sqrt(numDraws));
      expect(deviation / Math.sqrt(numDraws)).toBeLessThan(0.08 * truth);
    },
  );

  it("says which shapes it needs", () => {
    const { graph, hidden, items, bias, targets } = problem();
    const negatives = {
      items: graph.input("negatives", "int32", [4]),
      logProbabilities: graph.input("logProbabilities", "float32", [3]),
    };
    expect(() => sampledSoftmax(hidden, items, bias, targets, negatives)).toThrow(
      "sampledSoftmax: expected log probabilities [4], got [3]",
    );
  });
});

describe("generalizedBce", () => {
  const negatives = [5, 3, 12, 12, 30];

  async function lossAt(calibration: number): Promise<number> {
    const { graph, hidden, items, bias, targets } = problem();
    const drawn = graph.input("negatives", "int32", [negatives.length]);
    const loss = generalizedBce(hidden, items, bias, targets, drawn, { calibration });
    return (await runGraph(graph, { loss }, { ...feeds, negatives })).loss[0];
  }

  /** The formula of the paper, with beta given. */
  function naive(beta: number): number {
    const scores = reference.scores(args);
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const perTarget = scores.map((row, m) => {
      const target = feeds.targets[m];
      const others = negatives.filter((item) => item !== target);
      const log = others.reduce((sum, item) => sum + Math.log(1 - sigmoid(row[item])), 0);
      return -(Math.log(sigmoid(row[target]) ** beta) + log) / (negatives.length + 1);
    });
    return reference.dot(perTarget, feeds.weights);
  }

  it("is binary cross entropy without calibration", async () => {
    expect(await lossAt(0)).toBeCloseTo(naive(1), 5);
  });

  it("weighs the positive by the share of the catalog that is drawn, fully calibrated", async () => {
    expect(await lossAt(1)).toBeCloseTo(naive(5 / 39), 5);
  });

  it("goes between as the paper says", async () => {
    const alpha = 5 / 39;
    expect(await lossAt(0.75)).toBeCloseTo(naive(alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha)), 5);
  });

  it("refuses a calibration outside its range", async () => {
    await expect(lossAt(1.5)).rejects.toThrow("calibration must be in [0, 1], got 1.5");
  });
});
