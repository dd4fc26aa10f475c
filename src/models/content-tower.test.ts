import { describe, expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { EncodedFeature } from "../data/features/feature-encoding.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { formatContentTower, parseContentTower, rowsByContent } from "./content-tower.ts";
import { fitContentTower } from "./fit-content-tower.ts";

const DIM = 3;
const encoding: EncodedFeature[] = [
  { name: "genres", kind: "multi-label", labels: ["Comedy", "Drama", "War"] },
];

/** What a film's genres say, with something of its own for comedies that are dramas. */
function truth([comedy, drama, war]: readonly number[]): number[] {
  return [1 + comedy, drama - war, 2 * comedy * drama, -3 + war];
}

const random = createRandom(1, "content-tower");
const NUM_ITEMS = 4000;
const values = Float32Array.from({ length: NUM_ITEMS * 3 }, () => random.nextInt(2));
const rowOf = (item: number): number[] => [...values.subarray(item * 3, item * 3 + 3)];
const vectors = new Float32Array(NUM_ITEMS * DIM);
const biases = new Float32Array(NUM_ITEMS);
for (let item = 0; item < NUM_ITEMS; item++) {
  const of = truth(rowOf(item));
  vectors.set(of.slice(0, DIM), item * DIM);
  biases[item] = of[DIM];
}
// Rows of films that nobody watched are what they started as: they must not count.
const counts = Float64Array.from({ length: NUM_ITEMS }, (_, item) => (item % 2 === 0 ? 1000 : 0));
for (let item = 1; item < NUM_ITEMS; item += 2) vectors.fill(99, item * DIM, (item + 1) * DIM);

const content = { numFeatures: 3, values };
const tower = await fitContentTower(
  await loadRuntime(),
  { encoding, content },
  { vectors, biases },
  counts,
);

describe("a tower fitted to trained rows", () => {
  test("gives films unseen the vector and the bias of their content, of pairs as well", () => {
    expect(tower.pairs).toHaveLength(3);
    for (const film of [
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 1],
    ]) {
      const rows = rowsByContent(tower, { numFeatures: 3, values: Float32Array.from(film) });
      const expected = truth(film);
      // Ridge draws a little to the mean.
      for (const [k, value] of [...rows.vectors, ...rows.biases].entries()) {
        expect(value).toBeCloseTo(expected[k], 0);
        expect(Math.abs(value - expected[k])).toBeLessThan(0.2);
      }
    }
  });

  test("is the same when written and read", () => {
    const text = formatContentTower(tower);
    expect(parseContentTower(text, DIM, "content.json")).toEqual(tower);
  });

  test.each<[string, (json: Record<string, unknown>) => unknown, string]>([
    ["another dimension", (json) => json, "the bundle is damaged"],
    ["pairs of features that are not there", (json) => ({ ...json, pairs: [[0, 9]] }), "damaged"],
    ["a newer version", (json) => ({ ...json, formatVersion: 2 }), "newer than this Usher reads"],
    ["weights that are no base64", (json) => ({ ...json, weights: "?" }), "weights"],
  ])("refuses %s", (name, change, message) => {
    const text = JSON.stringify(change(JSON.parse(formatContentTower(tower))));
    const parse = (): unknown =>
      parseContentTower(text, name === "another dimension" ? 5 : DIM, "x");
    expect(parse).toThrow(InputError);
    expect(parse).toThrow(message);
  });
});
