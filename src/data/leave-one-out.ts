/**
 * The split of the sequential papers: of every user the last item is for the test, the one before
 * for validation, the rest for training.
 */
import type { Interactions } from "./interactions.ts";
import type { Split } from "./split.ts";

/** With fewer interactions a user has nothing to learn from beside two targets. */
const minInteractions = 3;

/**
 * Users with fewer than three interactions give them all to training and have no target.
 */
export function splitLeaveOneOut(interactions: Interactions): Split {
  const { offsets } = interactions;
  const numUsers = offsets.length - 1;
  const trainEnds = new Uint32Array(numUsers);
  const validation: number[] = [];
  const test: number[] = [];
  for (let u = 0; u < numUsers; u++) {
    const end = offsets[u + 1];
    const hasTargets = end - offsets[u] >= minInteractions;
    trainEnds[u] = hasTargets ? end - 2 : end;
    if (!hasTargets) continue;
    validation.push(end - 2);
    test.push(end - 1);
  }
  return {
    kind: "leave-one-out",
    interactions,
    trainEnds,
    validation: Uint32Array.from(validation),
    test: Uint32Array.from(test),
  };
}
