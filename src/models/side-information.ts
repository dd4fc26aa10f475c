/**
 * What a network may read besides the items of a history: what the viewer gave them, what is known
 * of the viewer, and what is known of the films. Plain data that is kept with a model, so that the
 * same values become the same numbers when it recommends.
 */
import { z } from "zod";
import type { FeatureEncoding } from "../data/features/feature-encoding.ts";

export const ratingScaleSchema = z.strictObject({
  mean: z.number(),
  deviation: z.number().positive(),
});

/** Ratings are read as their distance from the mean, in deviations. */
export type RatingScale = z.infer<typeof ratingScaleSchema>;

/** Null for what is not read. */
export interface SideInformation {
  readonly ratings: RatingScale | null;
  readonly users: FeatureEncoding | null;
  readonly items: FeatureEncoding | null;
  /** How long after the one before it each item came. */
  readonly gaps: boolean;
  /** How long after each item the next one came, or is asked for. */
  readonly nextGaps: boolean;
}

export const NO_SIDES: SideInformation = {
  ratings: null,
  users: null,
  items: null,
  gaps: false,
  nextGaps: false,
};

/** Gaps are told apart by their logarithm, up to 2^27 seconds: four years. */
const LONGEST_GAP = 27;

/** The same second, [1, 2) seconds, [2, 4) and so on, later by nobody knows how much, and unknown. */
export const NUM_GAP_BUCKETS = LONGEST_GAP + 4;

/** Which of them a gap falls into. @param gap - as in `time-gaps.ts`; undefined where unknown. */
export function gapBucket(gap: number | undefined): number {
  if (gap === undefined || Number.isNaN(gap)) return NUM_GAP_BUCKETS - 1;
  if (gap === Number.POSITIVE_INFINITY) return NUM_GAP_BUCKETS - 2;
  return gap < 1 ? 0 : 1 + Math.min(Math.floor(Math.log2(gap)), LONGEST_GAP);
}

/** How many numbers a rating becomes: its distance from the mean, and 1 where it is not known. */
export const RATING_WIDTH = 2;

/** @param rating - on the data's own scale; NaN or undefined where it is not known. */
export function encodeRating({ mean, deviation }: RatingScale, rating = Number.NaN): number[] {
  return Number.isNaN(rating) ? [0, 1] : [(rating - mean) / deviation, 0];
}

/** @param ratings - those that training sees; NaN where one is not known. */
export function fitRatingScale(ratings: Float32Array): RatingScale {
  const known = ratings.filter((rating) => !Number.isNaN(rating));
  const count = Math.max(known.length, 1);
  const mean = known.reduce((sum, rating) => sum + rating, 0) / count;
  const variance = known.reduce((sum, rating) => sum + (rating - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}
