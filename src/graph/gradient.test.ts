import { describe, expect, it } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { gradients } from "./gradient.ts";
import { Graph, type Tensor } from "./graph.ts";
import { add, cast, exp, mul, sign } from "./operators/elementwise.ts";
import { softmax } from "./operators/normalization.ts";
import { reduceSum } from "./operators/sum.ts";

function scalar(graph: Graph, name: string): Tensor {
  return graph.input(name, "float32", []);
}

describe("gradients", () => {
  it("adds up over all ways from a parameter to the loss", async () => {
    const graph = new Graph();
    const [x, y] = [scalar(graph, "x"), scalar(graph, "y")];
    // x^3 + x y
    const loss = add(mul(mul(x, x), x), mul(x, y));
    const [dx, dy] = gradients(loss, [x, y]);
    expect(await runGraph(graph, { dx, dy }, { x: [3], y: [5] })).toEqual({
      dx: [3 * 3 ** 2 + 5],
      dy: [3],
    });
  });

  it("is taken of values between as well", async () => {
    const graph = new Graph();
    const x = scalar(graph, "x");
    const square = mul(x, x);
    const [dSquare, dx] = gradients(mul(square, square), [square, x]);
    expect(await runGraph(graph, { dSquare, dx }, { x: [2] })).toEqual({ dSquare: [8], dx: [32] });
  });

  it("does not go through what has none", async () => {
    const graph = new Graph();
    const x = scalar(graph, "x");
    const [dx] = gradients(add(x, mul(sign(x), cast(cast(x, "int32"), "float32"))), [x]);
    expect(await runGraph(graph, { dx }, { x: [3] })).toEqual({ dx: [1] });
  });

  it("can be differentiated again", async () => {
    const graph = new Graph();
    const x = scalar(graph, "x");
    const [first] = gradients(mul(mul(x, x), x), [x]);
    const [second] = gradients(first, [x]);
    expect(await runGraph(graph, { second }, { x: [5] })).toEqual({ second: [30] });
  });

  describe("of a block", () => {
    /** exp(x) that claims a gradient of 100, so that one sees which one is used. */
    function marked(x: Tensor): Tensor {
      return x.graph.block(
        [x],
        () => exp(x),
        (dy) => [mul(dy, 100)],
      );
    }

    it("is the one written by hand", async () => {
      const graph = new Graph();
      const x = scalar(graph, "x");
      const y = marked(x);
      const [dx, dy] = gradients(mul(y, 2), [x, y]);
      expect(await runGraph(graph, { dx, dy }, { x: [1] })).toEqual({ dx: [200], dy: [2] });
    });

    it("is that of the outer one of two", async () => {
      const graph = new Graph();
      const x = scalar(graph, "x");
      const y = graph.block(
        [x],
        () => marked(x),
        (dy) => [mul(dy, 7)],
      );
      const [dx] = gradients(y, [x]);
      expect(await runGraph(graph, { dx }, { x: [1] })).toEqual({ dx: [7] });
    });
  });

  it("says what is wrong with its arguments", () => {
    const graph = new Graph();
    const [x, y] = [scalar(graph, "x"), scalar(graph, "y")];
    const row = graph.input("row", "float32", [3]);
    expect(() => gradients(softmax(row), [row])).toThrow(
      "gradients: the loss must have shape [], got [3]",
    );
    expect(() => gradients(mul(x, x), [x, y])).toThrow(
      `gradients: the loss does not depend on tensor ${y.id}`,
    );
    const wrong = graph.block(
      [row],
      () => reduceSum(row),
      (dy) => [dy],
    );
    expect(() => gradients(wrong, [row])).toThrow(
      `internal: gradient of tensor ${row.id} has shape [], expected [3]`,
    );
  });
});
