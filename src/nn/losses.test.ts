import { describe, expect, it } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import * as reference from "../../test/reference-layers.ts";
import { createRandom } from "../common/random.ts";
import { gradients } from "../graph/gradient.ts";
import { Graph, type Tensor } from "../graph/graph.ts";
import { add } from "../graph/operators/elementwise.ts";
import {
  binaryCrossEntropy,
  labelSmoothing,
  nextItemsLoss,
  softCrossEntropy,
  softmaxCrossEntropy,
} from "./losses.ts";

describe("softmaxCrossEntropy", () => {
  const [numTargets, dim, numItems] = [5, 4, 7];

  function lossOf(graph: Graph) {
    return softmaxCrossEntropy(
      graph.input("hidden", "float32", [numTargets, dim]),
      graph.input("items", "float32", [numItems, dim]),
      graph.input("bias", "float32", [numItems]),
      {
        items: graph.input("targets", "int32", [numTargets]),
        weights: graph.input("weights", "float32", [numTargets]),
      },
    );
  }

  it("is the weighted sum of -log softmax at the targets", async () => {
    const random = createRandom(1, "loss");
    const draw = (size: number): number[] =>
      Array.from({ length: size }, () => random.nextNormal());
    const feeds = {
      hidden: draw(numTargets * dim),
      items: draw(numItems * dim),
      bias: draw(numItems),
      targets: [3, 0, 6, 3, 1],
      weights: [0.4, 0.1, 0.2, 0.3, 0],
    };
    const graph = new Graph();
    const { loss } = await runGraph(graph, { loss: lossOf(graph) }, feeds);
    const args = {
      ...feeds,
      hidden: reference.toRows(feeds.hidden, dim),
      items: reference.toRows(feeds.items, dim),
    };
    expect(loss[0]).toBeCloseTo(reference.softmaxCrossEntropy(args), 5);
  });

  it("stays finite where the target's probability has no float32", async () => {
    const graph = new Graph();
    const loss = softmaxCrossEntropy(
      graph.constant("float32", [1, 1], [1]),
      graph.constant("float32", [2, 1], [0, 500]),
      graph.constant("float32", [2], [0, 0]),
      {
        items: graph.constant("int32", [1], [0]),
        weights: graph.constant("float32", [1], [1]),
      },
    );
    const result = await runGraph(graph, { loss });
    expect(result.loss[0]).toBeCloseTo(37 * Math.log(10), 3);
  });

  it("says which shapes it needs", () => {
    const graph = new Graph();
    const table = (...shape: number[]) => graph.input(`x${graph.inputs.length}`, "float32", shape);
    const targets = { items: graph.input("targets", "int32", [3]), weights: table(3) };
    expect(() => softmaxCrossEntropy(table(3, 4), table(7, 5), table(7), targets)).toThrow(
      "softmaxCrossEntropy: expected hidden [M, D], items [N, D], bias [N], targets [M] and weights [M], got [3, 4], [7, 5], [7], [3], [3]",
    );
  });
});

/** Four random targets, of which the last counts nothing, in a catalog of six. */
function problem(seed: number) {
  const [numTargets, dim, numItems] = [4, 3, 6];
  const random = createRandom(seed, "loss");
  const draw = (size: number): number[] => Array.from({ length: size }, () => random.nextNormal());
  const graph = new Graph();
  return {
    graph,
    numTargets,
    numItems,
    hidden: graph.constant("float32", [numTargets, dim], draw(numTargets * dim)),
    items: graph.constant("float32", [numItems, dim], draw(numItems * dim)),
    bias: graph.constant("float32", [numItems], draw(numItems)),
    weights: graph.constant("float32", [numTargets], [0.4, 0.1, 0.5, 0]),
  };
}

describe("softCrossEntropy", () => {
  it("is what its answers cost, each by its share", async () => {
    const { graph, numTargets, hidden, items, bias, weights } = problem(2);
    const of = (targets: number[]) =>
      softmaxCrossEntropy(hidden, items, bias, {
        items: graph.constant("int32", [numTargets], targets),
        weights,
      });
    const soft = softCrossEntropy(hidden, items, bias, {
      items: graph.constant("int32", [numTargets, 2], [0, 3, 1, 2, 5, 5, 4, 0]),
      shares: graph.constant("float32", [numTargets, 2], new Array(4).fill([0.25, 0.75]).flat()),
      weights,
    });
    const result = await runGraph(graph, { soft, a: of([0, 1, 5, 4]), b: of([3, 2, 5, 0]) });
    expect(result.soft[0]).toBeCloseTo(0.25 * result.a[0] + 0.75 * result.b[0], 5);
  });
});

describe("labelSmoothing", () => {
  it("spreads a share of each answer over the catalog", async () => {
    const { graph, numItems, numTargets, hidden, items, bias, weights } = problem(3);
    const share = 0.3;
    const wanted = [5, 1, 1, 3];
    const targets = { items: graph.constant("int32", [numTargets], wanted), weights };
    const smoothed = add(
      softmaxCrossEntropy(hidden, items, bias, targets),
      labelSmoothing(hidden, items, bias, targets, share),
    );
    const catalog = Array.from({ length: numItems }, (_, item) => item);
    const answers = wanted.flatMap((item) => [item, ...catalog]);
    const shares = wanted.flatMap(() => [1 - share, ...catalog.map(() => share / numItems)]);
    const expected = softCrossEntropy(hidden, items, bias, {
      items: graph.constant("int32", [numTargets, numItems + 1], answers),
      shares: graph.constant("float32", [numTargets, numItems + 1], shares),
      weights,
    });
    const parts = [hidden, items, bias];
    const named = (name: string, loss: Tensor) =>
      Object.fromEntries(gradients(loss, parts).map((part, i) => [`${name}${i}`, part]));
    const result = await runGraph(graph, {
      smoothed,
      expected,
      ...named("smoothed", smoothed),
      ...named("expected", expected),
    });
    for (const name of ["", "0", "1", "2"]) {
      const [actual, wanted] = [result[`smoothed${name}`], result[`expected${name}`]];
      for (const [i, value] of wanted.entries()) expect(actual[i]).toBeCloseTo(value, 5);
    }
  });
});

describe("nextItemsLoss", () => {
  it("counts a yes or no of a binary loss as much as a target, whatever the catalog", async () => {
    const graph = new Graph();
    // Two histories with two targets each, of which the second has one; no score says anything.
    const targets = {
      items: graph.constant("int32", [2, 2], [0, 3, 1, 1]),
      weights: graph.constant("float32", [2, 2], [0.25, 0.25, 0.5, 0]),
    };
    const zeros = graph.constant("float32", [2, 4], new Float32Array(8));
    const result = await runGraph(graph, { loss: nextItemsLoss("binary", zeros, targets) });
    expect(result.loss[0]).toBeCloseTo((8 * Math.log(2)) / 4, 5);
  });
});

describe("binaryCrossEntropy", () => {
  it("is the likelihood of the labels, also where a sigmoid rounds to 0 or 1", async () => {
    const logits = [0, 2, -3, 200, -200, 200];
    const labels = [1, 0, 1, 1, 0, 0];
    // log(1 + e^x) for the first three; the last is wrong by a logit of 200.
    const expected = [Math.log(2), Math.log1p(Math.exp(2)), Math.log1p(Math.exp(3)), 0, 0, 200];
    for (const [i, value] of expected.entries()) {
      const graph = new Graph();
      const loss = binaryCrossEntropy(
        graph.constant("float32", [6], logits),
        graph.constant("float32", [6], labels),
        graph.constant(
          "float32",
          [6],
          logits.map((_, j) => (i === j ? 1 : 0)),
        ),
      );
      const result = await runGraph(graph, { loss });
      expect(result.loss[0]).toBeCloseTo(value, 5);
    }
  });

  it("refuses shapes that differ", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 3]);
    const y = graph.input("y", "float32", [3]);
    expect(() => binaryCrossEntropy(x, y, x)).toThrow(
      "binaryCrossEntropy: logits, labels and weights must have one shape, got [2, 3], [3], [2, 3]",
    );
  });
});
