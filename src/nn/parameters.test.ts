import { describe, expect, it } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { Graph } from "../graph/graph.ts";
import { glorotUniform, ones, zeros } from "./initialization.ts";
import { linearParameters } from "./layers.ts";
import {
  constantWeights,
  countParameters,
  decayMask,
  initializeParameters,
  type ParameterSpec,
  rateShares,
  sliceParameters,
  weightsOf,
} from "./parameters.ts";

const specs: readonly ParameterSpec[] = [
  ...linearParameters("a", 2, 3, glorotUniform),
  { name: "norm/gain", shape: [3], initialize: ones },
  { name: "norm/bias", shape: [3], initialize: zeros },
];
const flat = Float32Array.from({ length: 15 }, (_, i) => i);

describe("the flat vector of parameters", () => {
  it("holds them one after the other", async () => {
    expect(countParameters(specs)).toBe(15);
    expect([...(sliceParameters(flat, specs).get("norm/gain") as Float32Array)]).toEqual([
      9, 10, 11,
    ]);
    const graph = new Graph();
    const weights = weightsOf(graph.input("flat", "float32", [15]), specs);
    const outputs = { weight: weights("a/weight"), bias: weights("norm/bias") };
    expect(outputs.weight.shape).toEqual([2, 3]);
    expect(await runGraph(graph, outputs, { flat })).toEqual({
      weight: [0, 1, 2, 3, 4, 5],
      bias: [12, 13, 14],
    });
  });

  it("becomes constants of the same values", async () => {
    const graph = new Graph();
    const weights = constantWeights(graph, flat, specs);
    const outputs = { weight: weights("a/weight"), gain: weights("norm/gain") };
    expect(await runGraph(graph, outputs)).toEqual({
      weight: [0, 1, 2, 3, 4, 5],
      gain: [9, 10, 11],
    });
  });

  it("learns at one rate unless a part has a share of its own", () => {
    expect(rateShares(specs)).toBe(null);
    const slow = specs.map((spec) => (spec.name === "a/bias" ? { ...spec, rateShare: 0.5 } : spec));
    expect([...(rateShares(slow) ?? [])]).toEqual([
      ...new Array(6).fill(1),
      ...new Array(3).fill(0.5),
      ...new Array(6).fill(1),
    ]);
  });

  it("names a parameter that a model does not have", () => {
    const weights = weightsOf(new Graph().input("flat", "float32", [15]), specs);
    expect(() => weights("b/weight")).toThrow("model has no parameter named b/weight");
  });

  it("starts each parameter from its own random stream", () => {
    const first = initializeParameters(specs, 1);
    expect(initializeParameters(specs, 1)).toEqual(first);
    expect(initializeParameters(specs, 2)).not.toEqual(first);
    // A parameter put before it moves none of its numbers.
    const more = initializeParameters([...linearParameters("b", 2, 2, glorotUniform), ...specs], 1);
    expect(more.slice(6)).toEqual(first);
  });

  it("decays matrices only", () => {
    expect([...decayMask(specs)]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
