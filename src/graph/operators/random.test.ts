import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backends } from "../../../test/backends.ts";
import { compileGraph, runGraph } from "../../../test/compile-graph.ts";
import { Graph, type Tensor } from "../graph.ts";
import { createDropout, randomBits } from "./random.ts";

const size = 1 << 13;

/** Several tensors of ones after dropout, as functions of the key. */
async function compileDropout(rate: number, shapes: readonly (readonly number[])[]) {
  const graph = new Graph();
  const dropout = createDropout(graph.input("key", "uint32", []), rate);
  const outputs = shapes.map((shape) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    return dropout(graph.constant("float32", shape, new Float32Array(count).fill(1)));
  });
  const named = Object.fromEntries(outputs.map((tensor, i) => [`y${i}`, tensor]));
  const compiled = await compileGraph(graph, named);
  return {
    run: async (key: number) => {
      const result = await compiled.run({ key: [key] });
      return outputs.map((_, i) => result[`y${i}`]);
    },
    dispose: compiled.dispose,
  };
}

/** Correlation of two samples; of independent ones about normal with deviation 1 / sqrt(size). */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = (x: readonly number[], y: readonly number[], mx: number, my: number): number =>
    mean(x.map((value, i) => (value - mx) * (y[i] - my)));
  const both = covariance(a, b, meanA, meanB);
  return both / Math.sqrt(covariance(a, a, meanA, meanA) * covariance(b, b, meanB, meanB));
}

/** Five deviations: a test with a few dozen comparisons should not fail by chance. */
const limit = 5 / Math.sqrt(size);

describe("createDropout", () => {
  it("drops its share and scales the rest so that the mean stays", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.nat(),
        async (rate, key) => {
          const { run, dispose } = await compileDropout(rate, [[size]]);
          const [y] = await run(key);
          await dispose();
          const kept = y.filter((value) => value !== 0);
          const rounded = Math.round(rate * 2 ** 16) / 2 ** 16;
          expect(new Set(kept)).toEqual(new Set([Math.fround(1 / (1 - rounded))]));
          const deviation = Math.sqrt((rate * (1 - rate)) / size);
          expect(Math.abs(1 - kept.length / size - rate)).toBeLessThan(5 * deviation);
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });

  it("draws independently for every tensor, key and neighbour", async () => {
    // An odd number of one size: two share the halves of one draw. A third has another size.
    const { run, dispose } = await compileDropout(0.5, [[size], [size], [size], [size / 2, 4]]);
    const masks: number[][] = [];
    for (const key of [0, 1, 2, 0x80000000, 0xffffffff]) {
      for (const mask of await run(key)) masks.push(mask.slice(0, size));
    }
    await dispose();
    for (const [i, a] of masks.entries()) {
      for (const b of masks.slice(0, i)) expect(Math.abs(correlation(a, b))).toBeLessThan(limit);
      for (const lag of [1, 2, 64, 1000]) {
        const [head, tail] = [a.slice(lag), a.slice(0, -lag)];
        expect(Math.abs(correlation(head, tail))).toBeLessThan(limit);
      }
    }
  });

  it("draws the same for the same key, on both runtimes", async () => {
    const results = await Promise.all(
      [...backends, ...backends].map((backend) => {
        const graph = new Graph();
        const bits = randomBits(graph.constant("uint32", [], [0xdeadbeef]), 3, 1000);
        return runGraph(graph, { bits }, {}, { backend });
      }),
    );
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it("returns its argument at rate 0, and refuses what is no share", () => {
    const graph = new Graph();
    const key = graph.input("key", "uint32", []);
    const x: Tensor = graph.input("x", "float32", [3]);
    expect(createDropout(key, 0)(x)).toBe(x);
    for (const rate of [1, -0.1, Number.NaN]) {
      expect(() => createDropout(key, rate)).toThrow(
        `dropout: rate must be in [0, 1), got ${rate}`,
      );
    }
  });
});

describe("randomBits", () => {
  it("is lowbias32 of each element's number, stirred with the key and the stream", async () => {
    const graph = new Graph();
    const key = graph.input("key", "uint32", []);
    const { bits, shifted } = await runGraph(
      graph,
      { bits: randomBits(key, 0, 4), shifted: randomBits(key, 1, 4) },
      { key: [0] },
    );
    /** Chris Wellons, "Prospecting for Hash Functions" (2018), undone: x from its hash. */
    const invert = (hash: number): number => {
      let x = hash;
      x = (x ^ (x >>> 16)) >>> 0;
      x = Math.imul(x, 0x43021123) >>> 0;
      x = (x ^ (x >>> 15) ^ (x >>> 30)) >>> 0;
      x = Math.imul(x, 0x1d69e2a5) >>> 0;
      return (x ^ (x >>> 16)) >>> 0;
    };
    const offsetOf = (values: readonly number[]): Set<number> =>
      new Set(values.map((hash, i) => (invert(hash) ^ Math.imul(i, 0x9e3779b1)) >>> 0));
    expect(offsetOf(bits).size).toBe(1);
    expect(offsetOf(shifted).size).toBe(1);
    expect(offsetOf(bits)).not.toEqual(offsetOf(shifted));
  });

  it("sets every bit half of the time", async () => {
    const graph = new Graph();
    const { bits } = await runGraph(
      graph,
      { bits: randomBits(graph.input("key", "uint32", []), 0, size) },
      { key: [7] },
    );
    for (let bit = 0; bit < 32; bit++) {
      const share = bits.filter((value) => (value >>> bit) & 1).length / size;
      expect(Math.abs(share - 0.5), `bit ${bit}`).toBeLessThan(limit / 2);
    }
  });
});
