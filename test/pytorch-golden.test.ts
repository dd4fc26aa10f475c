/**
 * Values and gradients that PyTorch gave for the same numbers.
 */
import { describe, expect, it } from "vitest";
import { gradients } from "../src/graph/gradient.ts";
import { Graph, type Tensor } from "../src/graph/graph.ts";
import { mul } from "../src/graph/operators/elementwise.ts";
import { reduceSum } from "../src/graph/operators/sum.ts";
import { causalBias, MASKED_SCORE } from "../src/nn/attention.ts";
import { zeros } from "../src/nn/initialization.ts";
import { binaryCrossEntropy, softmaxCrossEntropy, type Targets } from "../src/nn/losses.ts";
import { decayMask } from "../src/nn/parameters.ts";
import { generalizedBce, sampledSoftmax } from "../src/nn/sampled-losses.ts";
import { transformerBlock } from "../src/nn/transformer-block.ts";
import { adam, biasCorrections } from "../src/optim/adam.ts";
import { clipByGlobalNorm } from "../src/optim/clip-by-global-norm.ts";
import { expectClose } from "./check-gradients.ts";
import { compileGraph, runGraph } from "./compile-graph.ts";
import { type GoldenLayer, type GoldenLoss, type GoldenOptimizer, golden } from "./golden.ts";
import { type Arrangement, trainGolden } from "./train-golden.ts";

describe("a transformer layer gives PyTorch's values and gradients", () => {
  const [batch, length, dim, numHeads] = [2, 4, 6, 2];
  const isPadding = [true, true, false, false, false, false, false, false];

  /** `[D]` for what ends in bias or gain; matrices are given by their biases' sizes. */
  function shapeOf(layer: GoldenLayer, name: string): number[] {
    const size = layer.weights[name].length;
    if (!name.endsWith("/weight")) return [size];
    const outputs = layer.weights[name.replace(/weight$/, "bias")].length;
    return [size / outputs, outputs];
  }

  async function run(layer: GoldenLayer): Promise<Record<string, number[]>> {
    const graph = new Graph();
    const x = graph.input("x", "float32", [batch * length, dim]);
    const names = Object.keys(layer.weights);
    const weights = new Map(
      names.map((name) => [name, graph.input(name, "float32", shapeOf(layer, name))]),
    );
    const bias = isPadding.map((value) => (value && layer.isPadded ? MASKED_SCORE : 0));
    const context = { weights: (name: string) => weights.get(name) as Tensor, dropout: keep };
    const sequence = graph.constant("int32", [batch, length], new Int32Array(batch * length));
    const y = transformerBlock(x, "block", context, {
      batchShape: [batch, length],
      numHeads,
      normPlacement: layer.normPlacement,
      causalBias: layer.isCausal ? causalBias(sequence) : undefined,
      keyBias: layer.isPadded ? graph.constant("float32", [batch, 1, length, 1], bias) : undefined,
    });
    const cotangent = graph.constant("float32", y.shape as number[], layer.cotangent);
    const loss = reduceSum(mul(y, cotangent));
    const found = gradients(loss, [x, ...weights.values()]);
    const outputs = Object.fromEntries(["x", ...names].map((name, i) => [`d ${name}`, found[i]]));
    return runGraph(graph, { y, ...outputs }, { x: layer.x, ...layer.weights });
  }

  it.each(golden.transformerLayers)("$name", async (layer) => {
    const actual = await run(layer);
    expectClose(actual.y, layer.y, 1e-5, "output");
    expectClose(actual["d x"], layer.dx, 1e-4, "gradient of the input");
    for (const [name, expected] of Object.entries(layer.gradients)) {
      expectClose(actual[`d ${name}`], expected, 1e-4, `gradient of ${name}`);
    }
  });
});

function keep(x: Tensor): Tensor {
  return x;
}

describe("losses give PyTorch's values and gradients", () => {
  const { catalogLosses } = golden;

  async function checkCatalogLoss(
    build: (hidden: Tensor, items: Tensor, bias: Tensor, targets: Targets) => Tensor,
    expected: GoldenLoss,
  ): Promise<void> {
    const graph = new Graph();
    const names = ["hidden", "items", "bias"] as const;
    const shapes = [[5, 4], [9, 4], [9]];
    const inputs = names.map((name, i) => graph.input(name, "float64", shapes[i]));
    const [hidden, items, bias] = inputs;
    const targets = {
      items: graph.constant("int32", [5], catalogLosses.targets),
      weights: graph.constant("float64", [5], catalogLosses.weights),
    };
    const loss = build(hidden, items, bias, targets);
    const found = gradients(loss, inputs);
    const outputs = Object.fromEntries(names.map((name, i) => [`d ${name}`, found[i]]));
    const { hidden: h, items: e, bias: b } = catalogLosses;
    const actual = await runGraph(graph, { loss, ...outputs }, { hidden: h, items: e, bias: b });
    expect(actual.loss[0]).toBeCloseTo(expected.loss, 7);
    for (const [i, name] of names.entries()) {
      expectClose(actual[`d ${name}`], expected.gradients[i], 1e-7, name);
    }
  }

  it("softmaxCrossEntropy", async () => {
    await checkCatalogLoss(softmaxCrossEntropy, catalogLosses.softmaxCrossEntropy);
  });

  it("sampledSoftmax", async () => {
    const { negatives, logProbabilities } = catalogLosses;
    const shape = [negatives.length];
    await checkCatalogLoss(
      (hidden, items, bias, targets) =>
        sampledSoftmax(hidden, items, bias, targets, {
          items: hidden.graph.constant("int32", shape, negatives),
          logProbabilities: hidden.graph.constant("float64", shape, logProbabilities),
        }),
      catalogLosses.sampledSoftmax,
    );
  });

  it("generalizedBce", async () => {
    const { negatives, calibration } = catalogLosses;
    await checkCatalogLoss((hidden, items, bias, targets) => {
      const drawn = hidden.graph.constant("int32", [negatives.length], negatives);
      return generalizedBce(hidden, items, bias, targets, drawn, { calibration });
    }, catalogLosses.generalizedBce);
  });

  it("binaryCrossEntropy", async () => {
    const { logits, labels, weights, loss: expected, gradient } = golden.binaryCrossEntropy;
    const graph = new Graph();
    const x = graph.input("x", "float64", [logits.length]);
    const [y, w] = [labels, weights].map((values) => graph.constant("float64", [6], values));
    const loss = binaryCrossEntropy(x, y, w);
    const [dx] = gradients(loss, [x]);
    const actual = await runGraph(graph, { loss, dx }, { x: logits });
    expect(actual.loss[0]).toBeCloseTo(expected, 7);
    expectClose(actual.dx, gradient, 1e-7, "gradient");
  });
});

describe("optimizers move weights as PyTorch's", () => {
  const specs = [
    { name: "matrix", shape: [2, 3], initialize: zeros },
    { name: "vector", shape: [4], initialize: zeros },
  ];
  const size = 10;

  async function run(optimizer: GoldenOptimizer): Promise<number[][]> {
    const graph = new Graph();
    const vector = (name: string): Tensor => graph.input(name, "float32", [size]);
    const scalar = (name: string): Tensor => graph.input(name, "float32", []);
    const gradient = vector("gradient");
    const next = adam(
      {
        weights: vector("weights"),
        firstMoment: vector("firstMoment"),
        secondMoment: vector("secondMoment"),
      },
      optimizer.maxNorm === null ? gradient : clipByGlobalNorm(gradient, optimizer.maxNorm),
      {
        learningRate: graph.scalar("float32", optimizer.learningRate),
        correction1: scalar("correction1"),
        correction2: scalar("correction2"),
        decayMask: graph.constant("float32", [size], decayMask(specs)),
      },
      optimizer,
    );
    const outputs = { w: next.weights, m: next.firstMoment, v: next.secondMoment };
    const compiled = await compileGraph(graph, outputs);
    const zero = optimizer.start.map(() => 0);
    let { w, m, v }: Record<string, readonly number[]> = { w: optimizer.start, m: zero, v: zero };
    const after: number[][] = [];
    for (const [index, gradient] of optimizer.gradients.entries()) {
      const [correction1, correction2] = biasCorrections(index + 1, optimizer).map((c) => [c]);
      const state = { weights: w, firstMoment: m, secondMoment: v };
      const result = await compiled.run({ ...state, gradient, correction1, correction2 });
      ({ w, m, v } = result);
      after.push(result.w);
    }
    await compiled.dispose();
    return after;
  }

  it.each(golden.optimizers)(
    "weight decay $weightDecay, gradients up to $maxNorm",
    async (optimizer) => {
      const after = await run(optimizer);
      for (const [step, expected] of optimizer.after.entries()) {
        expectClose(after[step], expected, 1e-6, `weights after step ${step + 1}`);
      }
    },
  );
});

describe("ten training steps of BERT4Rec give PyTorch's losses", () => {
  it.each<Arrangement>(["whole", "slices", "accumulated"])("batches %s", async (arrangement) => {
    const losses = await trainGolden("auto", { arrangement });
    expect(losses.length).toBe(10);
    for (const [step, expected] of golden.training.losses.entries()) {
      expect(Math.abs(losses[step] - expected), `step ${step + 1}`).toBeLessThan(1e-4);
    }
  });
});
