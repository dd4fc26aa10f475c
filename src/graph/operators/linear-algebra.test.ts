import { describe, expect, it } from "vitest";
import { broadcastPair, expectClose, randomShape } from "../../../test/check-gradients.ts";
import { runGraph } from "../../../test/compile-graph.ts";
import { createRandom } from "../../common/random.ts";
import { Graph, type Tensor } from "../graph.ts";
import { gemm, matmul } from "./linear-algebra.ts";

/** Element `[..., i, j]` of a batch of matrices that may have to be broadcast or transposed. */
function at(
  values: readonly number[],
  shape: readonly number[],
  batch: readonly number[],
  [i, j]: readonly [number, number],
): number {
  const own = batch.slice(batch.length - (shape.length - 2));
  const index = [...own.map((position, axis) => (shape[axis] === 1 ? 0 : position)), i, j];
  return values[index.reduce((offset, position, axis) => offset * shape[axis] + position, 0)];
}

function naive(
  a: Tensor,
  b: Tensor,
  y: Tensor,
  feeds: Record<"a" | "b", readonly number[]>,
  options: { transposeA: boolean; transposeB: boolean; scale: number },
): number[] {
  const [shapeA, shapeB, shape] = [a, b, y].map((tensor) => tensor.shape as number[]);
  const k = options.transposeA ? shapeA[shapeA.length - 2] : shapeA[shapeA.length - 1];
  const size = shape.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: size }, (_, flat) => {
    const index = shape.map((dim, axis) => {
      const stride = shape.slice(axis + 1).reduce((product, next) => product * next, 1);
      return Math.floor(flat / stride) % dim;
    });
    const [batch, [m, n]] = [index.slice(0, -2), index.slice(-2)];
    let sum = 0;
    for (let l = 0; l < k; l++) {
      const left = at(feeds.a, shapeA, batch, options.transposeA ? [l, m] : [m, l]);
      const right = at(feeds.b, shapeB, batch, options.transposeB ? [n, l] : [l, n]);
      sum += left * right;
    }
    return options.scale * sum;
  });
}

describe("matmul", () => {
  it.each(["standard", "onnxruntime"] as const)("is the sum of products, %s", async (dialect) => {
    for (let draw = 0; draw < 24; draw++) {
      const random = createRandom(1, "matmul", draw);
      const flag = (): boolean => random.next() < 0.5;
      const options = { transposeA: flag(), transposeB: flag(), scale: flag() ? 1 : 0.3 };
      const [m, k, n] = randomShape(random, 3);
      const [batchA, batchB] = draw % 3 === 0 ? [[], []] : broadcastPair(random);
      const graph = new Graph();
      const a = graph.input("a", "float32", [...batchA, ...(options.transposeA ? [k, m] : [m, k])]);
      const b = graph.input("b", "float32", [...batchB, ...(options.transposeB ? [n, k] : [k, n])]);
      const values = ({ shape }: Tensor): number[] =>
        Array.from({ length: (shape as number[]).reduce((p, dim) => p * dim, 1) }, () =>
          random.nextNormal(),
        );
      const feeds = { a: values(a), b: values(b) };
      const y = matmul(a, b, options);
      const actual = await runGraph(graph, { y }, feeds, { dialect });
      const what = `${a.shape} ${b.shape} ${JSON.stringify(options)}`;
      expectClose(actual.y, naive(a, b, y, feeds, options), 1e-5, what);
    }
  });

  it("says what does not fit", () => {
    const graph = new Graph();
    const a = graph.input("a", "float32", [64, 50, 128]);
    const b = graph.input("b", "float32", [64, 256]);
    const v = graph.input("v", "float32", [128]);
    expect(() => matmul(a, b)).toThrow(
      "matmul: inner dimensions must be equal, got [64, 50, 128] and [64, 256]",
    );
    expect(() => matmul(a, b, { transposeA: true })).toThrow(
      "got [64, 50, 128] and [64, 256], a transposed",
    );
    expect(() => matmul(a, v)).toThrow("matmul: expected matrices, got [64, 50, 128] and [128]");
    const c = graph.input("c", "float32", [2, 128, 3]);
    expect(() => matmul(a, c)).toThrow("matmul: shapes must broadcast, got [64] and [2]");
  });
});

describe("gemm", () => {
  it("adds a row to a product", async () => {
    const graph = new Graph();
    const a = graph.constant("float32", [1, 2], [1, 2]);
    const b = graph.constant("float32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const c = graph.constant("float32", [3], [100, 200, 300]);
    const transposed = graph.constant("float32", [3, 2], [1, 4, 2, 5, 3, 6]);
    const outputs = { y: gemm(a, b, c), z: gemm(a, transposed, c, { transposeB: true }) };
    // 1 * 1 + 2 * 4 + 100, ...
    expect(await runGraph(graph, outputs)).toEqual({ y: [109, 212, 315], z: [109, 212, 315] });
  });

  it("says what does not fit", () => {
    const graph = new Graph();
    const [a, b, c] = [[2, 3], [4, 3], [4]].map((shape, i) =>
      graph.input(`x${i}`, "float32", shape),
    );
    expect(() => gemm(a, b, c)).toThrow(
      "gemm: expected [M, K], [K, N] and [N], got [2, 3], [4, 3], [4]",
    );
    expect(() => gemm(a, b, b, { transposeB: true })).toThrow(
      "gemm: expected [M, K], [N, K] and [N], got [2, 3], [4, 3], [4, 3]",
    );
  });
});
