import { expect, it } from "vitest";
import { loadRuntime } from "../../runtime/load-runtime.ts";
import { Graph } from "../graph.ts";
import { toOnnx } from "../to-onnx.ts";
import { scatterAdd } from "./indexing.ts";

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
