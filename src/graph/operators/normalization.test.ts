import { describe, expect, it } from "vitest";
import { expectClose } from "../../../test/check-gradients.ts";
import { runGraph } from "../../../test/compile-graph.ts";
import * as reference from "../../../test/reference-layers.ts";
import { createRandom } from "../../common/random.ts";
import { gradients } from "../gradient.ts";
import { Graph } from "../graph.ts";
import { mul } from "./elementwise.ts";
import { layerNorm, logSoftmax, rmsNorm, softmax } from "./normalization.ts";
import { cumSum, logSumExp, reduceMax, reduceMean } from "./reduction.ts";
import { reduceSum } from "./sum.ts";

const random = createRandom(1, "normalization");
const [numRows, width] = [3, 5];
const x = Array.from({ length: numRows * width }, () => random.nextNormal());
const rows = reference.toRows(x, width);
const gain = Array.from({ length: width }, () => random.nextNormal());
const bias = Array.from({ length: width }, () => random.nextNormal());

describe.each(["float32", "float64"] as const)("in %s", (dtype) => {
  const tolerance = dtype === "float32" ? 1e-5 : 1e-12;

  it("rows are normalized as their formulas say", async () => {
    const graph = new Graph();
    const input = graph.constant(dtype, [numRows, width], x);
    const [g, b] = [gain, bias].map((values) => graph.constant(dtype, [width], values));
    const actual = await runGraph(graph, {
      softmax: softmax(input),
      logSoftmax: logSoftmax(input),
      layerNorm: layerNorm(input, g, b),
      rmsNorm: rmsNorm(input, g),
    });
    const probabilities = rows.map(reference.softmax);
    const rms = rows.flatMap((row) => {
      const meanSquare = reference.dot(row, row) / width;
      return row.map((value, i) => (value / Math.sqrt(meanSquare + 1e-5)) * gain[i]);
    });
    expectClose(actual.softmax, probabilities.flat(), tolerance, "softmax");
    expectClose(actual.logSoftmax, probabilities.flat().map(Math.log), tolerance, "logSoftmax");
    // ONNX keeps epsilon in float32, a relative error of 1e-8.
    const expected = reference.layerNorm(rows, gain, bias).flat();
    expectClose(actual.layerNorm, expected, tolerance, "layerNorm");
    expectClose(actual.rmsNorm, rms, tolerance, "rmsNorm");
  });

  it("reductions are what their names say", async () => {
    const graph = new Graph();
    const input = graph.constant(dtype, [numRows, width], x);
    const actual = await runGraph(graph, {
      sum: reduceSum(input, [1]),
      mean: reduceMean(input, [0]),
      max: reduceMax(input, [-1]),
      logSumExp: logSumExp(input),
      all: reduceMean(input),
      running: cumSum(input, 1),
      fromEnd: cumSum(input, 1, true),
    });
    const sum = (values: readonly number[]): number =>
      values.reduce((total, value) => total + value, 0);
    const columns = gain.map((_, j) => rows.map((row) => row[j]));
    const sums = rows.map(sum);
    const running = rows.flatMap((row) => row.map((_, j) => sum(row.slice(0, j + 1))));
    const fromEnd = rows.flatMap((row) => row.map((_, j) => sum(row.slice(j))));
    const expected = {
      sum: sums,
      mean: columns.map((column) => sum(column) / numRows),
      max: rows.map((row) => Math.max(...row)),
      logSumExp: rows.map((row) => Math.log(sum(row.map(Math.exp)))),
      all: [sum(x) / x.length],
      running,
      fromEnd,
    };
    for (const [name, values] of Object.entries(expected)) {
      expectClose(actual[name], values, tolerance, name);
    }
  });
});

describe("operators on rows", () => {
  it("do not overflow or lose what is far from 0", async () => {
    const graph = new Graph();
    const large = graph.constant("float32", [2, 2], [1000, 1000, -1000, -1000]);
    const actual = await runGraph(graph, {
      logSumExp: logSumExp(large),
      softmax: softmax(large),
      logSoftmax: logSoftmax(graph.constant("float32", [2], [0, -200])),
    });
    expectClose(actual.logSumExp, [1000 + Math.LN2, -1000 + Math.LN2], 1e-6, "logSumExp");
    expect(actual.softmax).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(actual.logSoftmax).toEqual([0, -200]);
  });

  it("share the gradient of a maximum between equal elements", async () => {
    const graph = new Graph();
    const input = graph.input("x", "float32", [4]);
    const [dx] = gradients(mul(reduceMax(input), 6), [input]);
    expect(await runGraph(graph, { dx }, { x: [1, 3, 3, 2] })).toEqual({ dx: [0, 3, 3, 0] });
  });

  it("say what they expected and got", () => {
    const graph = new Graph();
    const input = graph.input("x", "float32", [2, 3]);
    const row = graph.input("row", "float32", [2]);
    const whole = graph.input("whole", "int32", [3]);
    expect(() => layerNorm(input, row, row)).toThrow(
      "layerNorm: expected gain and bias of [3], got [2] and [2]",
    );
    expect(() => softmax(whole)).toThrow("softmax: expected float32 or float64, got int32");
    expect(() => reduceMean(input, [2])).toThrow("reduceMean: axis must be in [-2, 2), got 2");
    expect(() => reduceSum(graph.input("b", "bool", [2]))).toThrow(
      "reduceSum: expected float32 or float64 or int32 or int64, got bool",
    );
  });

  it("refuse second derivatives of layerNorm, which would be wrong", () => {
    const graph = new Graph();
    const [input, g, b] = [[2, 3], [3], [3]].map((shape, i) =>
      graph.input(`x${i}`, "float32", shape),
    );
    const y = layerNorm(input, g, b);
    const [dx] = gradients(reduceSum(mul(y, y)), [input]);
    expect(() => gradients(reduceSum(dx), [input])).toThrow(
      "layerNorm: its gradient cannot be differentiated again",
    );
  });
});
