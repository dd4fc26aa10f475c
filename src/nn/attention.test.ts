import { describe, expect, it } from "vitest";
import { compileGraph } from "../../test/compile-graph.ts";
import { attend as naiveAttend, toRows } from "../../test/reference-layers.ts";
import { createRandom } from "../common/random.ts";
import { Graph } from "../graph/graph.ts";
import {
  type AttentionMask,
  attend,
  causalBias,
  MASKED_SCORE,
  selfAttention,
} from "./attention.ts";

const [batch, heads, length, width] = [2, 2, 5, 3];
const padding = [
  [true, true, false, false, false],
  [false, false, false, false, false],
];

async function runAttend(
  mask: { isPadded: boolean; isCausal: boolean },
  values: Record<"q" | "k" | "v", readonly number[]>,
): Promise<number[]> {
  const graph = new Graph();
  const [q, k, v] = ["q", "k", "v"].map((name) =>
    graph.input(name, "float32", [batch, heads, length, width]),
  );
  const bias = padding.flat().map((isPadding) => (isPadding ? MASKED_SCORE : 0));
  const keyBias = graph.constant("float32", [batch, 1, length, 1], bias);
  const sequence = graph.constant("int32", [batch, length], new Int32Array(batch * length));
  const options: AttentionMask = {
    ...(mask.isCausal && { causalBias: causalBias(sequence) }),
    ...(mask.isPadded && { keyBias }),
  };
  const compiled = await compileGraph(graph, { y: attend(q, k, v, options) });
  const { y } = await compiled.run(values).finally(() => compiled.dispose());
  return y;
}

function draw(stream: string): number[] {
  const random = createRandom(1, stream);
  return Array.from({ length: batch * heads * length * width }, () => random.nextNormal());
}

/** The rows `[L, E]` of one head in one sequence. */
function rowsOf(values: readonly number[], b: number, h: number): number[][] {
  const size = length * width;
  const start = (b * heads + h) * size;
  return toRows(values.slice(start, start + size), width);
}

const values = { q: draw("q"), k: draw("k"), v: draw("v") };

describe("attend", () => {
  it.each([
    { isPadded: false, isCausal: false },
    { isPadded: true, isCausal: false },
    { isPadded: false, isCausal: true },
    { isPadded: true, isCausal: true },
  ])("weighs the values that may be seen, %o", async (mask) => {
    const actual = await runAttend(mask, values);
    for (let b = 0; b < batch; b++) {
      const isPadding = padding[b].map((value) => value && mask.isPadded);
      // A padded position that may see padding only has no meaning, and no reference.
      const isDefined = (position: number): boolean => !(mask.isCausal && isPadding[position]);
      for (let h = 0; h < heads; h++) {
        const parts = [values.q, values.k, values.v].map((all) => rowsOf(all, b, h));
        const [q, k, v] = parts;
        const rows = rowsOf(actual, b, h);
        for (let position = 0; position < length; position++) {
          if (!isDefined(position)) continue;
          const sight = { isPadding, isCausal: mask.isCausal };
          const expected = naiveAttend(q, k, v, sight)[position];
          expected.forEach((value, e) => {
            expect(rows[position][e]).toBeCloseTo(value, 5);
          });
        }
      }
    }
  });

  it("is the same to the bit whatever stands at padded positions", async () => {
    const mask = { isPadded: true, isCausal: false };
    const changed = (all: readonly number[]): number[] =>
      all.map((value, i) =>
        padding[0][Math.floor(i / width) % length] && i < all.length / 2 ? 9 : value,
      );
    const other = { q: values.q, k: changed(values.k), v: changed(values.v) };
    expect(await runAttend(mask, other)).toEqual(await runAttend(mask, values));
  });

  it("stays finite where a row may see nothing but padding", async () => {
    const y = await runAttend({ isPadded: true, isCausal: true }, values);
    expect(y.every(Number.isFinite)).toBe(true);
  });
});

describe("selfAttention", () => {
  it("refuses a width that the heads do not divide", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [4, 10]);
    const weights = (name: string) =>
      graph.input(name, "float32", name.endsWith("bias") ? [30] : [10, 30]);
    const context = { weights, dropout: (y: typeof x) => y };
    const options = { batchShape: [2, 2], numHeads: 3 };
    expect(() => selfAttention(x, "a", context, options)).toThrow(
      "attention: 10 does not divide into 3 heads",
    );
  });
});
