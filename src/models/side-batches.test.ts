import { expect, test } from "vitest";
import { createRandom } from "../common/random.ts";
import { nextItems } from "../data/next-item-batch.ts";
import { historyInputs } from "./history-inputs.ts";
import { networkInput } from "./networks.ts";
import { sideBatch } from "./side-batches.ts";
import type { SideInformation } from "./side-information.ts";

const sides: SideInformation = {
  ratings: { mean: 3, deviation: 1.5 },
  users: [{ name: "age", kind: "numeric", mean: 30, deviation: 10 }],
  items: null,
  gaps: true,
  nextGaps: true,
};
const config = {
  kind: "sasrec",
  ...{ numItems: 9, embeddingDim: 8, numBlocks: 1, numHeads: 1, maxLength: 4, feedForwardDim: 8 },
  sides,
} as const;

test("a window is read in training as its items are when the next one is asked for", () => {
  const { NaN: unknown, POSITIVE_INFINITY: later } = Number;
  const interactions = {
    offsets: Uint32Array.of(0, 2, 7),
    items: Uint32Array.of(0, 1, 2, 3, 4, 5, 6),
    ratings: Float32Array.of(1, 2, 5, unknown, 3, 1, 4),
  };
  const gaps = Float64Array.of(unknown, 1, unknown, 0, 86_400, later, 1e12);
  // The age of the second user is 40; of the first nothing is known.
  const values = { sides, users: Float32Array.of(0, 1, 1, 0), items: null, gaps, hiddenShare: 0 };
  const window = { start: 3, firstTarget: 4, end: 7 };
  const shape = [1, 4] as const;
  const { tokens } = nextItems(interactions.items, [window], { batchSize: 1, length: 4 }, 4);
  const inputs = [{ start: 3, end: 6 }];
  const batch = sideBatch(interactions, inputs, shape, values, createRandom(1, "hidden"));
  const history = {
    items: [3, 4, 5],
    ratings: [unknown, 3, 1],
    user: { age: 40 },
    gaps: [0, 86_400, later],
    nextGap: 1e12,
  };
  const expected = historyInputs([history], shape, networkInput(config), config.numItems);
  expect({ tokens: { dtype: "int32", shape, data: tokens }, ...batch }).toEqual(expected);
  expect(Array.from(batch.gaps.data as Int32Array)).toEqual([30, 0, 17, 29]);
  expect(Array.from(batch.next_gaps.data as Int32Array)).toEqual([30, 17, 29, 28]);
});
