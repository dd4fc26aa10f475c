import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { createMarkovRecommender, fitMarkov } from "./markov.ts";

// After 0 came 1 twice and 2 once; 3 was never followed.
const train = toInteractions(
  [
    [0, 1],
    [3, 0, 1],
    [0, 2, 3],
  ],
  4,
);

test("scores are the formula's, of the last film alone", async () => {
  const { score } = createMarkovRecommender(fitMarkov(train, { smoothing: 2 }));
  const [p0, p1, p2, p3] = [3, 2, 1, 2].map((count) => count / 8);
  const expected = [2 * p0, 2 + 2 * p1, 1 + 2 * p2, 2 * p3].map((sum) => sum / 5);
  for (const items of [[0], [2, 1, 3, 0]]) {
    const scores = await score([{ items }]);
    for (const [i, value] of expected.entries()) expect(scores[i]).toBeCloseTo(value, 6);
  }
});

test("where nothing is known the popular comes first", async () => {
  const { score } = createMarkovRecommender(fitMarkov(train, { smoothing: 1 }));
  const shares = [3, 2, 1, 2].map((count) => count / 8);
  expect([...(await score([{ items: [] }]))]).toEqual(shares);
  // 1 was never followed.
  expect([...(await score([{ items: [0, 1] }]))]).toEqual(shares);
});

test("a smoothing of nothing is refused", () => {
  expect(() => fitMarkov(train, { smoothing: 0 })).toThrow(InputError);
});
