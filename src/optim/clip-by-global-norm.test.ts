import fc from "fast-check";
import { expect, it } from "vitest";
import { compileGraph } from "../../test/compile-graph.ts";
import { Graph } from "../graph/graph.ts";
import { clipByGlobalNorm } from "./clip-by-global-norm.ts";

it("shortens what is longer than the limit and leaves the rest", async () => {
  const graph = new Graph();
  const gradient = graph.input("gradient", "float32", [3]);
  const compiled = await compileGraph(graph, { clipped: clipByGlobalNorm(gradient, 2) });
  const element = fc.float({ min: -4, max: 4, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fc.tuple(element, element, element), async (values) => {
      const { clipped } = await compiled.run({ gradient: values });
      const norm = Math.hypot(...values);
      const factor = norm > 2 ? 2 / norm : 1;
      values.forEach((value, i) => {
        expect(clipped[i]).toBeCloseTo(value * factor, 5);
      });
    }),
    { numRuns: 50, seed: 1 },
  );
  await compiled.dispose();
});

it("refuses a limit that is not positive", () => {
  const gradient = new Graph().input("gradient", "float32", [3]);
  expect(() => clipByGlobalNorm(gradient, 0)).toThrow("maxNorm must be positive, got 0");
});
