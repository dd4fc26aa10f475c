/**
 * A split at two moments for all users at once: the model learns from the past of everyone and is
 * asked about the future, as in use.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "./interactions.ts";
import type { Split } from "./split.ts";

/** Where time is cut. */
export interface ByTimeOptions {
  /** The share of all interactions, in order of time, before which everything is for training. */
  readonly validationCut: number;
  /** The share from which on everything is for the test; more than `validationCut`. */
  readonly testCut: number;
}

/**
 * Every rating after a cut is a target, given its user's true past: for the second rating after
 * the cut that includes the first. The past of a user who is new is empty. Interactions of the same
 * second are never parted.
 * @throws InputError when there are no times, or the cuts are not shares in order.
 */
export function splitByTime(interactions: Interactions, options: ByTimeOptions): Split {
  const { offsets, timestamps } = interactions;
  if (timestamps === null) {
    throw new InputError(
      "split by time: expected a time for every interaction, the data has only their order; " +
        "split it by user or leave one out, or name the column of times",
    );
  }
  const [validationStart, testStart] = findCuts(timestamps, options);
  const numUsers = offsets.length - 1;
  const trainEnds = offsets.slice(0, numUsers);
  const validation: number[] = [];
  const test: number[] = [];
  for (let u = 0; u < numUsers; u++) {
    for (let row = offsets[u]; row < offsets[u + 1]; row++) {
      const time = timestamps[row];
      if (time >= testStart) test.push(row);
      else if (time >= validationStart) validation.push(row);
      else trainEnds[u] = row + 1;
    }
  }
  return {
    kind: "by-time",
    cuts: [options.validationCut, options.testCut],
    interactions,
    trainEnds,
    validation: Uint32Array.from(validation),
    test: Uint32Array.from(test),
  };
}

/** The first moments of validation and test. */
function findCuts(timestamps: Float64Array, options: ByTimeOptions): [number, number] {
  const { validationCut, testCut } = options;
  if (!(validationCut > 0 && validationCut < testCut && testCut < 1)) {
    throw new InputError(
      "split by time: expected 0 < validation cut < test cut < 1, got " +
        `${validationCut} and ${testCut}`,
    );
  }
  const sorted = timestamps.slice().sort();
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)];
  return [at(validationCut), at(testCut)];
}
