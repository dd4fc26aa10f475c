/**
 * A split by user: some users are held out whole, to see how a model does for people it never met.
 */
import { InputError } from "../common/errors.ts";
import { createRandom, shuffle } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";
import type { Split } from "./split.ts";

/** Which users are held out. */
export interface ByUserOptions {
  /** Shares of the users, from 0, together below 1. */
  readonly validationShare: number;
  readonly testShare: number;
  /** The same seed holds out the same users. */
  readonly seed: number;
}

/**
 * Held-out users train nothing; their last item is the target. Users with one interaction, who
 * would have a target but no history, are never held out.
 * @throws InputError when the shares are not shares, or leave nobody to train on.
 */
export function splitByUser(interactions: Interactions, options: ByUserOptions): Split {
  const { validationShare, testShare, seed } = options;
  checkShares(validationShare, testShare);
  const { offsets } = interactions;
  const numUsers = offsets.length - 1;
  const eligible: number[] = [];
  for (let u = 0; u < numUsers; u++) if (offsets[u + 1] - offsets[u] >= 2) eligible.push(u);
  shuffle(eligible, createRandom(seed, "split-by-user"));
  const numValidation = Math.round(validationShare * eligible.length);
  const numTest = Math.round(testShare * eligible.length);
  const heldOut = eligible.slice(0, numValidation + numTest);
  if (heldOut.length === numUsers) {
    throw new InputError(
      `split by user: expected users to train on, got ${numUsers} users, all of them held out; ` +
        "lower the shares",
    );
  }
  const trainEnds = offsets.slice(1);
  for (const u of heldOut) trainEnds[u] = offsets[u];
  const targets = (users: number[]): Uint32Array =>
    Uint32Array.from(users, (u) => offsets[u + 1] - 1).sort();
  return {
    kind: "by-user",
    interactions,
    trainEnds,
    validation: targets(heldOut.slice(0, numValidation)),
    test: targets(heldOut.slice(numValidation)),
  };
}

function checkShares(validationShare: number, testShare: number): void {
  const areShares = validationShare >= 0 && testShare >= 0 && validationShare + testShare < 1;
  if (areShares) return;
  throw new InputError(
    "split by user: expected shares of at least 0 and together below 1, got " +
      `${validationShare} for validation and ${testShare} for the test`,
  );
}
