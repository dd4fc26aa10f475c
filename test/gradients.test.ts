/**
 * Every operator's gradient against the definition of a derivative, on random shapes.
 */
import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../src/common/random.ts";
import type { Graph, Tensor } from "../src/graph/graph.ts";
import * as elementwise from "../src/graph/operators/elementwise.ts";
import * as indexing from "../src/graph/operators/indexing.ts";
import { gemm, matmul } from "../src/graph/operators/linear-algebra.ts";
import * as movement from "../src/graph/operators/movement.ts";
import * as normalization from "../src/graph/operators/normalization.ts";
import { createDropout } from "../src/graph/operators/random.ts";
import { gru } from "../src/graph/operators/recurrent.ts";
import { cumSum, logSumExp, reduceMax, reduceMean } from "../src/graph/operators/reduction.ts";
import { expand, reduceSum, sumTo } from "../src/graph/operators/sum.ts";
import {
  type Build,
  broadcastPair,
  checkFloat32,
  checkGradients,
  randomShape,
  type Shape,
  type Subject,
} from "./check-gradients.ts";
import { operatorNames } from "./operator-modules.ts";
import * as reference from "./reference-layers.ts";
import * as special from "./special-functions.ts";

/** Makes one subject; called with several random sources. */
type Case = (random: Random) => Subject;

const normal = (random: Random): number => random.nextNormal();
const positive = (random: Random): number => 0.3 + 2 * random.next();
/** Away from 0, of both signs. */
const nonZero = (random: Random): number => positive(random) * (random.next() < 0.5 ? -1 : 1);
/** Few digits, so that a linear function of them loses none even in float32. */
const eighths = (random: Random): number => (random.nextInt(65) - 32) / 8;

function unary(build: (x: Tensor) => Tensor, draw = normal): Case {
  return (random) => ({
    shapes: [randomShape(random, random.nextInt(4))],
    build: ([x]) => build(x),
    draw,
  });
}

function binary(build: (a: Tensor, b: Tensor) => Tensor, draw = normal): Case {
  return (random) => ({ shapes: broadcastPair(random), build: ([a, b]) => build(a, b), draw });
}

function withShapes(makeShapes: (random: Random) => readonly Shape[], build: Build): Case {
  return (random) => ({ shapes: makeShapes(random), build });
}

/** A matrix, or a batch of them, and a random axis of it. */
function alongAxis(build: (x: Tensor, axis: number, random: Random) => ReturnType<Build>): Case {
  return (random) => {
    const shape = randomShape(random, 1 + random.nextInt(3));
    const axis = random.nextInt(shape.length);
    return { shapes: [shape], build: ([x]) => build(x, axis, random) };
  };
}

function indices(graph: Graph, random: Random, shape: Shape, limit: number): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: size }, () => random.nextInt(limit));
  return graph.constant(random.next() < 0.5 ? "int32" : "int64", shape, values);
}

const matmulCase: Case = (random) => {
  const [m, k, n] = randomShape(random, 3);
  const options = {
    transposeA: random.next() < 0.5,
    transposeB: random.next() < 0.5,
    scale: random.next() < 0.5 ? 1 : 0.7,
  };
  const [batchA, batchB] = random.next() < 0.3 ? [[], []] : broadcastPair(random);
  const a = [...batchA, ...(options.transposeA ? [k, m] : [m, k])];
  const b = [...batchB, ...(options.transposeB ? [n, k] : [k, n])];
  return { shapes: [a, b], build: ([x, y]) => matmul(x, y, options) };
};

const gemmCase: Case = (random) => {
  const [m, k, n] = randomShape(random, 3);
  const transposeB = random.next() < 0.5;
  return {
    shapes: [[m, k], transposeB ? [n, k] : [k, n], [n]],
    build: ([a, b, c]) => gemm(a, b, c, { transposeB }),
  };
};

const rows = (random: Random): Shape => [
  ...randomShape(random, random.nextInt(3)),
  2 + random.nextInt(4),
];

const float64Cases: Record<string, Case> = {
  neg: unary(elementwise.neg),
  exp: unary(elementwise.exp),
  log: unary(elementwise.log, positive),
  sqrt: unary(elementwise.sqrt, positive),
  reciprocal: unary(elementwise.reciprocal, nonZero),
  abs: unary(elementwise.abs, nonZero),
  relu: unary(elementwise.relu, nonZero),
  sigmoid: unary(elementwise.sigmoid),
  tanh: unary(elementwise.tanh),
  softplus: unary(elementwise.softplus),
  silu: unary(elementwise.silu),
  add: binary(elementwise.add),
  sub: binary(elementwise.sub),
  mul: binary(elementwise.mul),
  div: binary(elementwise.div, nonZero),
  maximum: binary(elementwise.maximum),
  minimum: binary(elementwise.minimum),
  where: (random) => {
    const [a, b] = broadcastPair(random);
    const condition = random.next() < 0.5 ? a : b;
    const isTrue = condition.reduce((product, size) => product * size, 1);
    const bits = Array.from({ length: isTrue }, () => random.nextInt(2));
    return {
      shapes: [a, b],
      build: ([x, y], graph) => elementwise.where(graph.constant("bool", condition, bits), x, y),
    };
  },
  // Through float32 and back: linear, so a large step is exact where a small one would be rounded.
  cast: (random) => ({
    shapes: [randomShape(random, 2)],
    build: ([x]) => elementwise.cast(elementwise.cast(x, "float32"), "float64"),
    draw: eighths,
    step: 1 / 8,
  }),
  reshape: withShapes(
    () => [[2, 3, 4]],
    ([x]) => movement.reshape(x, [4, 6]),
  ),
  transpose: withShapes(
    (random) => [randomShape(random, 3)],
    ([x]) => [movement.transpose(x, [2, 0, 1]), movement.transpose(x)],
  ),
  slice: alongAxis((x, axis, random) => {
    const start = random.nextInt(x.shape[axis] as number);
    const end = start + 1 + random.nextInt((x.shape[axis] as number) - start);
    return [movement.slice(x, axis, start, end), x];
  }),
  takeLast: alongAxis((x, axis) => movement.takeLast(x, axis)),
  pad: alongAxis((x, axis, random) => movement.pad(x, axis, random.nextInt(3), random.nextInt(3))),
  concat: (random) => {
    const shape = randomShape(random, 1 + random.nextInt(3));
    const axis = random.nextInt(shape.length);
    const shapes = Array.from({ length: 2 + random.nextInt(2) }, () =>
      shape.with(axis, 1 + random.nextInt(3)),
    );
    return { shapes, build: (inputs) => movement.concat(inputs, axis) };
  },
  // One part is not used: its gradient is zero.
  split: withShapes(
    () => [[2, 6, 2]],
    ([x]) => {
      const [first, , last] = movement.split(x, 1, [1, 2, 3]);
      return [first, last];
    },
  ),
  gather: (random) => {
    const table = randomShape(random, 1 + random.nextInt(3));
    const shape = randomShape(random, 1 + random.nextInt(2));
    return {
      shapes: [table],
      build: ([x], graph) => indexing.gather(x, indices(graph, random, shape, table[0])),
    };
  },
  scatterAdd: (random) => {
    const [count, size, width] = randomShape(random, 3, 5);
    return {
      shapes: [[count, width]],
      build: ([x], graph) =>
        indexing.scatterAdd(indices(graph, random, [count], size), x, [size, width]),
    };
  },
  pick: (random) => {
    const shape = randomShape(random, 1 + random.nextInt(3));
    const chosen = shape.with(-1, 1 + random.nextInt(5));
    return {
      shapes: [shape],
      build: ([x], graph) =>
        indexing.pick(x, indices(graph, random, chosen, shape[shape.length - 1])),
    };
  },
  place: (random) => {
    const shape = randomShape(random, 1 + random.nextInt(3));
    const chosen = shape.with(-1, 1 + random.nextInt(5));
    return {
      shapes: [chosen],
      build: ([x], graph) =>
        indexing.place(indices(graph, random, chosen, shape[shape.length - 1]), x, shape),
    };
  },
  addAt: (random) => {
    const shape = randomShape(random, 1 + random.nextInt(3));
    const chosen = shape.with(-1, 1 + random.nextInt(5));
    return {
      shapes: [shape, chosen],
      build: ([x, values], graph) =>
        indexing.addAt(x, indices(graph, random, chosen, shape[shape.length - 1]), values),
    };
  },
  matmul: matmulCase,
  gemm: gemmCase,
  softmax: withShapes(
    (random) => [rows(random)],
    ([x]) => normalization.softmax(x),
  ),
  logSoftmax: withShapes(
    (random) => [rows(random)],
    ([x]) => normalization.logSoftmax(x),
  ),
  layerNorm: withShapes(
    (random) => {
      const shape = rows(random);
      const row = shape.slice(-1);
      return [shape, row, row];
    },
    ([x, gain, bias]) => normalization.layerNorm(x, gain, bias, 0.1),
  ),
  rmsNorm: withShapes(
    (random) => {
      const shape = rows(random);
      return [shape, shape.slice(-1)];
    },
    ([x, gain]) => normalization.rmsNorm(x, gain, 0.1),
  ),
  reduceMean: alongAxis((x, axis) => [
    reduceMean(x),
    reduceMean(x, [axis]),
    reduceMean(x, [axis], true),
  ]),
  reduceMax: alongAxis((x, axis) => [
    reduceMax(x),
    reduceMax(x, [axis]),
    reduceMax(x, [axis], true),
  ]),
  reduceSum: alongAxis((x, axis) => [
    reduceSum(x),
    reduceSum(x, [axis]),
    reduceSum(x, [axis], true),
  ]),
  logSumExp: alongAxis((x, axis) => [logSumExp(x, axis), logSumExp(x, axis, true)]),
  cumSum: alongAxis((x, axis) => [cumSum(x, axis), cumSum(x, axis, true)]),
  expand: withShapes(
    () => [[3, 1]],
    ([x]) => expand(x, [2, 3, 4]),
  ),
  sumTo: withShapes(
    () => [[2, 3, 4]],
    ([x]) => [sumTo(x, [3, 1]), sumTo(x, [1, 3, 4]), sumTo(x, [4])],
  ),
  createDropout: (random) => ({
    shapes: [[4, 5]],
    build: ([x], graph) => {
      const dropout = createDropout(graph.constant("uint32", [], [random.nextUint32()]), 0.5);
      return [dropout(x), dropout(x), dropout(x)];
    },
  }),
};

/** Operators that are computed in float32 somewhere: the float64 reference is written in TypeScript. */
const float32Cases: Record<
  string,
  [build: (x: Tensor) => Tensor, reference: (x: number) => number]
> = {
  erf: [elementwise.erf, special.erf],
  gelu: [elementwise.gelu, special.gelu],
  // These are written otherwise in float64, so that the cases above do not reach all of them.
  silu: [elementwise.silu, (x) => x * special.sigmoid(x)],
  softplus: [elementwise.softplus, (x) => Math.log1p(Math.exp(x))],
};

/** Operators that have no gradient. */
const withoutGradient = new Set([
  ...["sign", "not", "less", "lessOrEqual", "greater", "greaterOrEqual", "equal", "and"],
  ...["bitXor", "bitAnd", "shiftRight", "oneHot", "randomBits"],
]);

describe("gradients against central differences", () => {
  it.each(Object.entries(float64Cases))("%s", async (name, makeSubject) => {
    for (let draw = 0; draw < 6; draw++) {
      const random = createRandom(20, "gradients", name, draw);
      await checkGradients(makeSubject(random), random);
    }
  });

  it.each(Object.entries(float32Cases))("%s in float32", async (name, [build, reference]) => {
    for (let draw = 0; draw < 3; draw++) {
      const random = createRandom(21, "gradients", name, draw);
      const subject = { shapes: [[3, 4]], build: ([x]: readonly Tensor[]) => build(x) };
      await checkFloat32(subject, ([x]) => x.map(reference), random);
    }
  });

  it("layerNorm in float32", async () => {
    const random = createRandom(22, "gradients");
    const naive = ([x, gain, bias]: readonly (readonly number[])[]): number[] =>
      x.map((value, i) => {
        const row = x.slice(i - (i % 4), i - (i % 4) + 4);
        const mean = row.reduce((sum, element) => sum + element, 0) / 4;
        const variance = row.reduce((sum, element) => sum + (element - mean) ** 2, 0) / 4;
        return ((value - mean) / Math.sqrt(variance + 0.1)) * gain[i % 4] + bias[i % 4];
      });
    const build: Build = ([x, gain, bias]) => normalization.layerNorm(x, gain, bias, 0.1);
    await checkFloat32({ shapes: [[3, 4], [4], [4]], build }, naive, random);
  });

  it.each([
    [1, 1, 1, 1],
    [2, 3, 4, 3],
    [5, 2, 1, 4],
  ])("gru in float32, %d steps", async (length, batch, inputDim, hidden) => {
    const shapes = [
      [length, batch, inputDim],
      [3 * hidden, inputDim],
      [3 * hidden, hidden],
      [2, 3 * hidden],
    ];
    const build: Build = ([x, inputWeight, stateWeight, biases]) =>
      gru(x, inputWeight, stateWeight, biases);
    await checkFloat32(
      { shapes, build },
      (inputs) => reference.gru(inputs, [length, batch, inputDim, hidden]),
      createRandom(23, "gradients", length),
    );
  });

  it("covers every operator", async () => {
    const exported = await operatorNames();
    const covered = new Set([...Object.keys(float64Cases), ...Object.keys(float32Cases), "gru"]);
    expect(exported.length).toBeGreaterThan(40);
    expect(exported.filter((name) => !covered.has(name) && !withoutGradient.has(name))).toEqual([]);
  });
});
