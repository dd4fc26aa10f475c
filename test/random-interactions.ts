/**
 * Small datasets for tests: made by hand, at random, or with a known answer.
 */
import fc from "fast-check";
import type { Interactions } from "../src/data/interactions.ts";
import type { Split } from "../src/data/split.ts";

/** Users by the items of their histories, oldest first; ids are "u0", "u1", … and "i0", "i1", …. */
export function toInteractions(
  histories: readonly (readonly number[])[],
  numItems: number,
): Interactions {
  const offsets = new Uint32Array(histories.length + 1);
  for (const [u, items] of histories.entries()) offsets[u + 1] = offsets[u] + items.length;
  return {
    userIds: histories.map((_, u) => `u${u}`),
    itemIds: Array.from({ length: numItems }, (_, i) => `i${i}`),
    offsets,
    items: Uint32Array.from(histories.flat()),
    ratings: null,
    timestamps: null,
  };
}

/** The last item of each user for the test, the one before for validation, the rest to learn from. */
export function toLeaveOneOut(interactions: Interactions): Split {
  const ends = interactions.offsets.subarray(1);
  return {
    kind: "leave-one-out",
    interactions,
    trainEnds: ends.map((end) => end - 2),
    validation: ends.map((end) => end - 2),
    test: ends.map((end) => end - 1),
  };
}

/** Random histories of at least `minLength` items, repeats allowed. */
export function arbitraryInteractions(minLength: number): fc.Arbitrary<Interactions> {
  return fc.integer({ min: 2, max: 12 }).chain((numItems) => {
    const item = fc.integer({ min: 0, max: numItems - 1 });
    const history = fc.array(item, { minLength, maxLength: minLength + 8 });
    return fc
      .array(history, { minLength: 1, maxLength: 8 })
      .map((histories) => toInteractions(histories, numItems));
  });
}

/**
 * Even users like even items, odd users odd ones, each but one, which is another for each user
 * (after `implicit`'s recommender tests).
 */
export function checkerboard(
  numUsers: number,
  numItems: number,
): {
  train: Interactions;
  /** The item that each user would like and has not met. */
  withheld: number[];
} {
  const withheld: number[] = [];
  const histories = Array.from({ length: numUsers }, (_, user) => {
    const liked = Array.from({ length: numItems / 2 }, (_, i) => 2 * i + (user % 2));
    const [missing] = liked.splice((user >> 1) % liked.length, 1);
    withheld.push(missing);
    return liked;
  });
  return { train: toInteractions(histories, numItems), withheld };
}
