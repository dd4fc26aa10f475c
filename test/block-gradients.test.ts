/**
 * Blocks of many operators, some with gradients written by hand: values against references that
 * read as their formulas, gradients against central differences.
 */
import { describe, it } from "vitest";
import { createRandom } from "../src/common/random.ts";
import type { Graph, Tensor } from "../src/graph/graph.ts";
import { attend, causalBias, MASKED_SCORE, selfAttention } from "../src/nn/attention.ts";
import { glorotUniform } from "../src/nn/initialization.ts";
import type { LayerContext } from "../src/nn/layers.ts";
import {
  binaryCrossEntropy,
  softCrossEntropy,
  softmaxCrossEntropy,
  type Targets,
} from "../src/nn/losses.ts";
import type { ParameterSpec } from "../src/nn/parameters.ts";
import { distancesOf, relativeBias } from "../src/nn/relative-bias.ts";
import { generalizedBce, sampledSoftmax } from "../src/nn/sampled-losses.ts";
import { transformerBlock, transformerBlockParameters } from "../src/nn/transformer-block.ts";
import { checkFloat32, checkGradients } from "./check-gradients.ts";
import * as reference from "./reference-layers.ts";

const batch = 2;
const length = 4;
/** Whether each position of the batch is padding. */
const padding = [
  [true, true, false, false],
  [false, false, false, false],
];

const masks = [
  { name: "all positions", isPadded: false, isCausal: false },
  { name: "padding masked", isPadded: true, isCausal: false },
  { name: "the future masked", isPadded: false, isCausal: true },
];

function keyBias(graph: Graph, dtype: "float32" | "float64"): Tensor {
  const values = padding.flat().map((isPadding) => (isPadding ? MASKED_SCORE : 0));
  return graph.constant(dtype, [batch, 1, length, 1], values);
}

function laterBias(graph: Graph, dtype: "float32" | "float64"): Tensor {
  return causalBias(
    graph.constant("int32", [batch, length], new Int32Array(batch * length)),
    dtype,
  );
}

function contextOf(specs: readonly ParameterSpec[], tensors: readonly Tensor[]): LayerContext {
  const byName = new Map(specs.map(({ name }, i) => [name, tensors[i]]));
  return { weights: (name) => byName.get(name) as Tensor, dropout: (x) => x };
}

describe("gradients of attention", () => {
  it.each(masks)("attend, $name", async ({ isPadded, isCausal }) => {
    const shape = [batch, 2, length, 3];
    await checkGradients(
      {
        shapes: [shape, shape, shape],
        build: ([q, k, v], graph) =>
          attend(q, k, v, {
            keyBias: isPadded ? keyBias(graph, "float64") : undefined,
            causalBias: isCausal ? laterBias(graph, "float64") : undefined,
          }),
      },
      createRandom(1, "attend"),
    );
  });

  it("attend, of what is added to the scores too", async () => {
    const shape = [batch, 2, length, 3];
    await checkGradients(
      {
        shapes: [shape, shape, shape, [length, length]],
        build: ([q, k, v, scoreBias], graph) =>
          attend(q, k, v, { scoreBias, causalBias: laterBias(graph, "float64") }),
      },
      createRandom(9, "attend"),
    );
  });

  it("what a distance adds to the scores", async () => {
    const sequence = new Int32Array(batch * length);
    await checkGradients(
      {
        shapes: [[3, length]],
        build: ([table], graph) => {
          const distances = distancesOf(graph.constant("int32", [batch, length], sequence));
          const context = { weights: () => table, dropout: <T>(x: T): T => x };
          return relativeBias(distances, "a", 1, context);
        },
      },
      createRandom(10, "relative"),
    );
  });

  it.each(masks)("self-attention with its weights, $name", async ({ isPadded, isCausal }) => {
    const dim = 4;
    const specs = [
      { name: "a/input/weight", shape: [dim, 3 * dim], initialize: glorotUniform },
      { name: "a/input/bias", shape: [3 * dim], initialize: glorotUniform },
      { name: "a/output/weight", shape: [dim, dim], initialize: glorotUniform },
      { name: "a/output/bias", shape: [dim], initialize: glorotUniform },
    ];
    await checkGradients(
      {
        shapes: [[batch * length, dim], ...specs.map(({ shape }) => shape)],
        build: ([x, ...weights], graph) =>
          selfAttention(x, "a", contextOf(specs, weights), {
            batchShape: [batch, length],
            numHeads: 2,
            keyBias: isPadded ? keyBias(graph, "float64") : undefined,
            causalBias: isCausal ? laterBias(graph, "float64") : undefined,
          }),
        draw: (random) => random.nextNormal() / 2,
      },
      createRandom(2, "self-attention"),
    );
  });
});

/** GELU and so the block exist in float32 only. */
describe("a transformer block in float32, value and gradients", () => {
  const dim = 6;
  const specs = transformerBlockParameters("block", dim, 8, glorotUniform);
  const placements = ["pre", "post"] as const;
  const cases = placements.flatMap((normPlacement) =>
    masks.map((mask) => ({ normPlacement, mask })),
  );

  it.each(cases)("$normPlacement norm, $mask.name", async ({ normPlacement, mask }) => {
    const { isPadded, isCausal } = mask;
    const options = { numHeads: 2, normPlacement };
    const naive = ([x, ...weights]: readonly (readonly number[])[]): number[] => {
      const parameters = Object.fromEntries(
        specs.map(({ name }, i) => [name.replace("block/", ""), weights[i]]),
      );
      return reference.toRows(x, length * dim).flatMap((sequence, b) => {
        const isPadding = padding[b].map((value) => value && isPadded);
        const rows = reference.toRows(sequence, dim);
        return reference
          .transformerBlock(rows, parameters, { ...options, isCausal, isPadding })
          .flat();
      });
    };
    await checkFloat32(
      {
        shapes: [[batch * length, dim], ...specs.map(({ shape }) => shape)],
        build: ([x, ...weights], graph) =>
          transformerBlock(x, "block", contextOf(specs, weights), {
            ...options,
            batchShape: [batch, length],
            keyBias: isPadded ? keyBias(graph, "float32") : undefined,
            causalBias: isCausal ? laterBias(graph, "float32") : undefined,
          }),
        draw: (random) => random.nextNormal() / 2,
      },
      naive,
      createRandom(3, "block"),
    );
  });
});

describe("gradients of losses", () => {
  const [numTargets, dim, numItems] = [4, 3, 6];
  const shapes = [[numTargets, dim], [numItems, dim], [numItems]];
  // One item twice, and a target that counts nothing.
  const targetsIn = (graph: Graph): Targets => ({
    items: graph.constant("int32", [numTargets], [2, 5, 2, 0]),
    weights: graph.constant("float64", [numTargets], [0.5, 0.2, 0.3, 0]),
  });
  // A target's own item is among the negatives, and one is drawn twice.
  const negatives = [1, 5, 1, 3, 4];
  const logProbabilities = [0.1, 0.2, 0.1, 0.05, 0.3].map(Math.log);

  it("softmaxCrossEntropy", async () => {
    await checkGradients(
      {
        shapes,
        build: ([hidden, items, bias], graph) =>
          softmaxCrossEntropy(hidden, items, bias, targetsIn(graph)),
      },
      createRandom(4, "softmax"),
    );
  });

  it("sampledSoftmax", async () => {
    await checkGradients(
      {
        shapes,
        build: ([hidden, items, bias], graph) =>
          sampledSoftmax(hidden, items, bias, targetsIn(graph), {
            items: graph.constant("int32", [5], negatives),
            logProbabilities: graph.constant("float64", [5], logProbabilities),
          }),
      },
      createRandom(5, "sampled"),
    );
  });

  it("softCrossEntropy", async () => {
    await checkGradients(
      {
        shapes,
        build: ([hidden, items, bias], graph) =>
          softCrossEntropy(hidden, items, bias, {
            // One answer comes twice.
            items: graph.constant("int32", [numTargets, 2], [2, 0, 1, 1, 4, 3, 0, 5]),
            shares: graph.constant(
              "float64",
              [numTargets, 2],
              [0.7, 0.3, 0.6, 0.4, 1, 0, 0.5, 0.5],
            ),
            weights: targetsIn(graph).weights,
          }),
      },
      createRandom(11, "soft"),
    );
  });

  it("generalizedBce", async () => {
    await checkGradients(
      {
        shapes,
        build: ([hidden, items, bias], graph) => {
          const drawn = graph.constant("int32", [5], negatives);
          const options = { calibration: 0.75 };
          return generalizedBce(hidden, items, bias, targetsIn(graph), drawn, options);
        },
      },
      createRandom(6, "gbce"),
    );
  });

  it("binaryCrossEntropy, of labels and weights too", async () => {
    const shape = [2, 3];
    await checkGradients(
      {
        shapes: [shape, shape, shape],
        build: ([logits, labels, weights]) => binaryCrossEntropy(logits, labels, weights),
      },
      createRandom(7, "bce"),
    );
  });
});
