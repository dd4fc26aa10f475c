import { describe, expect, it } from "vitest";
import { compileGraph, runGraph } from "../../../test/compile-graph.ts";
import { loadRuntime } from "../../runtime/load-runtime.ts";
import { Graph } from "../graph.ts";
import { toOnnx } from "../to-onnx.ts";
import { exp, mul } from "./elementwise.ts";
import { addAt, gather, oneHot, pick, place, scatterAdd } from "./indexing.ts";

it("loses no row where threads would meet at one index", async () => {
  const [numRows, dim, size] = [40_000, 64, 2];
  const graph = new Graph();
  const indices = graph.input("indices", "int32", [numRows]);
  const rows = graph.input("rows", "float32", [numRows, dim]);
  const sums = scatterAdd(indices, rows, [size, dim]);
  const runtime = await loadRuntime();
  const session = await runtime.createSession(toOnnx(graph, { sums }, { dialect: "onnxruntime" }), {
    numThreads: 4,
  });
  const values = {
    indices: {
      dtype: "int32",
      shape: [numRows],
      data: Int32Array.from({ length: numRows }, (_, row) => row % size),
    },
    rows: {
      dtype: "float32",
      shape: [numRows, dim],
      data: new Float32Array(numRows * dim).fill(1),
    },
  } as const;
  const expected = new Float32Array(size * dim).fill(numRows / size);
  let wrong = 0;
  for (let run = 0; run < 50; run++) {
    const { data } = (await session.run(values)).sums;
    if (Buffer.compare(Buffer.from(data.buffer), Buffer.from(expected.buffer)) !== 0) wrong++;
  }
  await session.dispose();
  expect(wrong).toBe(0);
});

it("loses no element where threads would meet at one place", async () => {
  const [numRows, width] = [4, 400_000];
  const graph = new Graph();
  const indices = graph.input("indices", "int32", [numRows, width]);
  const values = graph.constant("float32", [numRows, width], new Float32Array(4 * width).fill(1));
  const compiled = await compileGraph(
    graph,
    { sums: place(indices, values, [numRows, 2]) },
    { numThreads: 4 },
  );
  const feeds = { indices: Int32Array.from({ length: numRows * width }, (_, i) => i % 2) };
  for (let run = 0; run < 5; run++) {
    expect(await compiled.run(feeds)).toEqual({ sums: new Array(8).fill(width / 2) });
  }
  await compiled.dispose();
});

describe.each(["int32", "int64"] as const)("indexing by %s", (dtype) => {
  it("chooses and adds rows and elements", async () => {
    const graph = new Graph();
    const table = graph.constant("float32", [3, 2], [0, 1, 10, 11, 20, 21]);
    const rows = graph.constant(dtype, [3], [2, 0, 2]);
    const elements = graph.constant(dtype, [3, 2], [1, 1, 0, 1, 0, 0]);
    // Computed, and read again: it must not be written over.
    const ones = exp(mul(graph.input("zeros", "float32", [3, 3]), 1));
    const outputs = {
      gathered: gather(table, rows),
      added: scatterAdd(rows, table, [4, 2]),
      picked: pick(table, elements),
      placed: place(elements, table, [3, 3]),
      addedAt: addAt(ones, elements, table),
      readAgain: mul(ones, 3),
      hot: oneHot(rows, 3),
    };
    expect(await runGraph(graph, outputs, { zeros: new Array(9).fill(0) })).toEqual({
      gathered: [20, 21, 0, 1, 20, 21],
      // Rows 0 and 2 go to index 2, row 1 to index 0.
      added: [10, 11, 0, 0, 20, 22, 0, 0],
      picked: [1, 1, 10, 11, 20, 20],
      placed: [0, 1, 0, 10, 11, 0, 41, 0, 0],
      addedAt: [1, 2, 1, 11, 12, 1, 42, 1, 1],
      readAgain: new Array(9).fill(3),
      hot: [0, 0, 1, 1, 0, 0, 0, 0, 1],
    });
  });
});

describe("indexing operators", () => {
  it("say what they expected and got", () => {
    const graph = new Graph();
    const table = graph.input("table", "float32", [3, 2]);
    const indices = graph.input("indices", "int32", [4]);
    expect(() => gather(table, table)).toThrow("gather: expected int32 or int64, got float32");
    expect(() => scatterAdd(indices, table, [5, 2])).toThrow(
      "scatterAdd: expected indices [M] and rows [4, 2], got [4] and [3, 2]",
    );
    expect(() => scatterAdd(indices, table, ["items", 2])).toThrow(
      "shape [4, items, 2] must be known when the graph is built",
    );
    expect(() => pick(table, indices)).toThrow(
      "pick: leading sizes must be equal, got [3, 2] and [4]",
    );
    expect(() => addAt(table, indices, table)).toThrow(
      "addAt: expected indices and values [3, K], got [4] and [3, 2]",
    );
    expect(() => place(indices, table, [3, 5])).toThrow(
      "place: expected indices and values [3, K], got [4] and [3, 2]",
    );
  });
});
