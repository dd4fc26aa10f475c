import fc from "fast-check";
import { expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { topK } from "./top-k.ts";

/** The definition: sort everything. */
function sortAll(scores: readonly number[], k: number, excluded: readonly boolean[]): number[] {
  const candidates = [...scores.keys()].filter((i) => !excluded[i]);
  candidates.sort((a, b) => (scores[a] === scores[b] ? a - b : scores[a] > scores[b] ? -1 : 1));
  return candidates.slice(0, k);
}

// Few distinct scores, so that ties are common.
const score = fc.constantFrom(-Infinity, -1, 0, 0.5, 2, Infinity);
const items = fc.array(fc.tuple(score, fc.boolean()), { maxLength: 60 });

test("the best k are those of a full sort, with ties by index", () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 0, max: 70 }), (pairs, k) => {
      const scores = pairs.map(([value]) => value);
      const excluded = pairs.map(([, isExcluded]) => isExcluded);
      const mask = Uint8Array.from(excluded, Number);
      expect([...topK(scores, k, mask)]).toEqual(sortAll(scores, k, excluded));
    }),
  );
});

test("without a mask nothing is excluded", () => {
  expect([...topK([1, 3, 2, 3], 3)]).toEqual([1, 3, 2]);
});

test("a score that is not a number is an error, unless it is excluded", () => {
  expect(() => topK([1, NaN], 1)).toThrow(InputError);
  expect(() => topK([1, NaN], 1)).toThrow(/score of item index 1 is not a number/);
  expect([...topK([1, NaN], 2, [0, 1])]).toEqual([0]);
});
