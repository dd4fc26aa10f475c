/**
 * How well a model does on the validation rows of any split, in a few numbers: what settings and
 * epochs are chosen by.
 */
import type { FeatureTable } from "../data/features/feature-set.ts";
import type { AnySplit } from "../data/split.ts";
import type { Recommender } from "../models/recommender.ts";
import { measure } from "./evaluate.ts";
import { measureNextFilms, windowHistories } from "./measure-next-films.ts";

export interface MeasureValidationOptions {
  /** How many histories are scored at once. */
  readonly batchSize?: number | undefined;
  /** What is known of users, for a model that reads it. */
  readonly users?: FeatureTable | null | undefined;
}

/**
 * @returns by full ranking "ndcg@10" and the like, means over users; of the next films "precision@5"
 *   and "hitRate@5", means over windows.
 * @throws InputError as `measure` and `measureNextFilms` do.
 */
export async function measureValidation(
  recommender: Recommender,
  split: AnySplit,
  { batchSize, users }: MeasureValidationOptions = {},
): Promise<Record<string, number>> {
  if (split.kind === "next-films") {
    const { task, validation } = split;
    const toInput = windowHistories(task, users ?? null);
    const measures = await measureNextFilms(recommender, task, validation, toInput, { batchSize });
    const { numTargets } = task;
    return {
      [`precision@${numTargets}`]: meanOf(measures.precision),
      [`hitRate@${numTargets}`]: meanOf(measures.hitRate),
    };
  }
  const options = { protocol: "full", rows: "validation", ks: [10] } as const;
  return measure(recommender, split, {
    ...options,
    ...(batchSize !== undefined && { batchSize }),
    ...(users && { userFeatures: users.rows }),
  });
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
