/**
 * First halves of histories for training, second halves to be found: how much of what somebody will
 * watch a model knows, rather than only what comes next.
 */
import type { Interactions } from "./interactions.ts";
import type { Split } from "./split.ts";

/** With fewer interactions a first half has nothing to learn from beside its validation row. */
const minInteractions = 4;

/**
 * Of an odd number the first half has one more. The last row of the first half is for validation,
 * all of the second half for the test: the split's `test` rows are asked about given the first half
 * alone by `measureSecondHalves`, and one after the other, given the true past, by `evaluate`. Users
 * with fewer than four interactions give them all to training.
 */
export function splitHalfHistory(interactions: Interactions): Split {
  const { offsets } = interactions;
  const numUsers = offsets.length - 1;
  const trainEnds = new Uint32Array(numUsers);
  const validation: number[] = [];
  const test: number[] = [];
  for (let u = 0; u < numUsers; u++) {
    const end = offsets[u + 1];
    const count = end - offsets[u];
    const half = offsets[u] + Math.ceil(count / 2);
    trainEnds[u] = count < minInteractions ? end : half - 1;
    if (count < minInteractions) continue;
    validation.push(half - 1);
    for (let row = half; row < end; row++) test.push(row);
  }
  return {
    kind: "half-history",
    interactions,
    trainEnds,
    validation: Uint32Array.from(validation),
    test: Uint32Array.from(test),
  };
}
