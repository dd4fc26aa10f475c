import { describe, expect, it } from "vitest";
import { compileGraph, runGraph } from "../../../test/compile-graph.ts";
import { decodeModel } from "../../../test/decode-model.ts";
import { Graph } from "../graph.ts";
import { toOnnx } from "../to-onnx.ts";
import { concat, pad, reshape, slice, split, takeLast, transpose } from "./movement.ts";
import { expand, sumTo } from "./sum.ts";

/** 0 to 5 as `[2, 3]`. */
function matrix(graph: Graph) {
  return graph.constant("int32", [2, 3], [0, 1, 2, 3, 4, 5]);
}

describe("operators that move elements", () => {
  it("split into more parts than one node of WebGPU can have", async () => {
    const graph = new Graph();
    const x = graph.constant(
      "int32",
      [2, 9],
      Array.from({ length: 18 }, (_, i) => i),
    );
    const parts = split(x, 1, [2, 1, 1, 1, 1, 1, 1, 1]);
    const outputs = Object.fromEntries(parts.map((part, i) => [`part${i}`, part]));
    const values = Object.values(await runGraph(graph, outputs));
    expect(values).toEqual([[0, 1, 9, 10], ...[2, 3, 4, 5, 6, 7, 8].map((i) => [i, i + 9])]);
    const { node } = decodeModel(toOnnx(graph, outputs)).graph;
    expect(Math.max(...node.map(({ input, output }) => input.length + output.length))).toBe(6);
  });

  it("put each where it belongs", async () => {
    const graph = new Graph();
    const x = matrix(graph);
    const [first, second] = split(x, 1, [1, 2]);
    const outputs = {
      transposed: transpose(x),
      cube: transpose(reshape(x, [1, 2, 3]), [2, 0, 1]),
      column: slice(x, 1, 1, 2),
      last: takeLast(x, -1),
      padded: pad(x, 0, 1, 0),
      joined: concat([second, first], 1),
      spread: expand(reshape(first, [2, 1]), [2, 2]),
      summed: sumTo(x, [3]),
    };
    expect(outputs.cube.shape).toEqual([3, 1, 2]);
    expect(outputs.last.shape).toEqual([2, 1]);
    expect(await runGraph(graph, outputs)).toEqual({
      transposed: [0, 3, 1, 4, 2, 5],
      cube: [0, 3, 1, 4, 2, 5],
      column: [1, 4],
      last: [2, 5],
      padded: [0, 0, 0, 0, 1, 2, 3, 4, 5],
      joined: [1, 2, 0, 4, 5, 3],
      spread: [0, 0, 3, 3],
      summed: [3, 5, 7],
    });
  });

  it("work on sizes that are settled when the graph runs", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", ["batch", "length", 2]);
    const y = reshape(takeLast(transpose(x, [0, 1, 2]), 1), ["batch", 2]);
    expect(y.shape).toEqual(["batch", 2]);
    const compiled = await compileGraph(graph, { y });
    const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const run = async (shape: readonly number[]) =>
      (await compiled.run({ x: { shape, values } })).y;
    expect(await run([2, 3, 2])).toEqual([4, 5, 10, 11]);
    expect(await run([1, 6, 2])).toEqual([10, 11]);
    await compiled.dispose();
  });

  it("leave out what changes nothing", () => {
    const graph = new Graph();
    const x = matrix(graph);
    expect([reshape(x, [2, 3]), slice(x, 0, 0, 2), pad(x, 0, 0, 0), concat([x], 0)]).toEqual([
      x,
      x,
      x,
      x,
    ]);
  });

  it("say what they expected and got", () => {
    const graph = new Graph();
    const x = matrix(graph);
    const y = graph.input("y", "int32", [3, 3]);
    const dynamic = graph.input("z", "float32", ["batch", "length", 4]);
    expect(() => reshape(x, [4])).toThrow(
      "reshape: sizes must multiply to the same, got [2, 3] and [4]",
    );
    expect(() => reshape(dynamic, ["length", 2, "batch", 2])).toThrow(
      "reshape: cannot work out two sizes of [length, 2, batch, 2] from [batch, length, 4]",
    );
    expect(() => transpose(x, [0, 0])).toThrow(
      "transpose: expected a permutation of 2 axes, got [0, 0]",
    );
    expect(() => slice(x, 1, 2, 4)).toThrow("slice: expected 0 <= start < end <= 3, got 2 and 4");
    expect(() => slice(x, 2, 0, 1)).toThrow("slice: axis must be in [-2, 2), got 2");
    expect(() => pad(x, 0, -1, 0)).toThrow("pad: expected sizes of at least 0, got -1 and 0");
    expect(() => concat([x, y], 1)).toThrow(
      "concat: shapes must agree but for axis 1, got [2, 3], [3, 3]",
    );
    expect(() => split(x, 1, [1, 1])).toThrow("split: sizes [1, 1] must sum to 3");
    expect(() => expand(x, [2, 4])).toThrow("expand: shapes must broadcast, got [2, 3] and [2, 4]");
    expect(() => expand(x, [1, 3])).toThrow("expand: [2, 3] does not spread to [1, 3]");
  });
});
