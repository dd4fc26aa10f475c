import { describe, expect, it } from "vitest";
import { runGraph } from "../../../test/compile-graph.ts";
import { gru as gruStates } from "../../../test/reference-layers.ts";
import { InternalError } from "../../common/errors.ts";
import { createRandom } from "../../common/random.ts";
import { Graph, type Tensor } from "../graph.ts";
import { gru } from "./recurrent.ts";

const [length, batch, inputDim, hidden] = [4, 2, 3, 5];
const random = createRandom(1, "gru");
const draw = (size: number): number[] => Array.from({ length: size }, () => random.nextNormal());
const values = {
  x: draw(length * batch * inputDim),
  inputWeight: draw(3 * hidden * inputDim),
  stateWeight: draw(3 * hidden * hidden),
  biases: draw(2 * 3 * hidden),
};

const expected = gruStates(
  [values.x, values.inputWeight, values.stateWeight, values.biases],
  [length, batch, inputDim, hidden],
);

function build(
  graph: Graph,
  dims: readonly (number | string)[] = [length, batch, inputDim],
): Tensor {
  return gru(
    graph.input("x", "float32", dims),
    graph.input("inputWeight", "float32", [3 * hidden, inputDim]),
    graph.input("stateWeight", "float32", [3 * hidden, hidden]),
    graph.input("biases", "float32", [2, 3 * hidden]),
  );
}

describe("gru", () => {
  it("is the formula", async () => {
    const graph = new Graph();
    const { y } = await runGraph(graph, { y: build(graph) }, values);
    for (const [i, value] of expected.entries()) expect(y[i]).toBeCloseTo(value, 5);
  });

  it("takes a batch and a length that are settled when it runs", async () => {
    const graph = new Graph();
    const x = { shape: [length, batch, inputDim], values: values.x };
    const { y } = await runGraph(
      graph,
      { y: build(graph, ["L", "B", inputDim]) },
      { ...values, x },
    );
    for (const [i, value] of expected.entries()) expect(y[i]).toBeCloseTo(value, 5);
  });

  it("says which shapes it expects", () => {
    expect(() => build(new Graph(), [length, batch, 7])).toThrow(InternalError);
    expect(() => build(new Graph(), [length, batch, 7])).toThrow(
      "gru: expected [L, B, I], [3H, I], [3H, H] and [2, 3H], got [4, 2, 7]",
    );
  });
});
