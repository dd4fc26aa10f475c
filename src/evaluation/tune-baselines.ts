/**
 * Chooses the settings of a baseline on the validation rows, with every trial recorded: a model is
 * only worth something beside a neighbour that was given its chance.
 */
import { InputError } from "../common/errors.ts";
import { heedInterruption } from "../common/interruption.ts";
import { type AnySplit, allInteractions, trainingInteractions } from "../data/split.ts";
import {
  type BaselineKind,
  type BaselineOptions,
  createBaselineRecommender,
  fitBaseline,
  keptUpToDate,
} from "../models/baselines.ts";
import { measureValidation } from "./measure-validation.ts";

/** One setting and what it reached. */
export interface Trial<K extends BaselineKind> {
  readonly options: BaselineOptions[K];
  /** E.g. "ndcg@10" to the mean over users. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Tuning<K extends BaselineKind> {
  readonly kind: K;
  /** What was maximised, e.g. "ndcg@10". */
  readonly metric: string;
  /** The settings of the best trial; the first of equals. */
  readonly best: BaselineOptions[K];
  readonly trials: readonly Trial<K>[];
}

export interface TuneOptions {
  /** Default: "ndcg@10", of the next films their precision. */
  readonly metric?: string;
  /** How many histories are scored at once. */
  readonly batchSize?: number;
  /** Called after every trial. */
  readonly onTrial?: (done: number, total: number) => void;
  /** Ends the search after the trial under way. */
  readonly signal?: AbortSignal;
}

/**
 * Settings worth trying; the best on MovieLens lie inside, or at an end that means "none" or "all".
 */
export const BASELINE_GRIDS: { readonly [K in BaselineKind]: readonly BaselineOptions[K][] } = {
  popularity: [{}],
  "recent-popularity": [1, 3, 7, 14, 30, 90].map((days) => ({ days })),
  "item-knn": [10, 50, 200, 1000, 4000].flatMap((numNeighbors) =>
    [0, 10].flatMap((shrinkage) =>
      [1, 0.8, 0.6, 0.5, 0.4].map((recency) => ({ numNeighbors, shrinkage, recency })),
    ),
  ),
  markov: [1, 100, 300, 1000, 3000].map((smoothing) => ({ smoothing })),
  ease: [50, 100, 200, 400, 800, 1600, 3200].map((l2) => ({ l2 })),
};

/**
 * Fits each setting on the training rows and measures it by full ranking of the validation rows.
 * @throws InputError when the grid is empty, a setting is out of range, or the metric has no value.
 * @throws InterruptedError after `signal`.
 */
export async function tuneBaseline<K extends BaselineKind>(
  kind: K,
  split: AnySplit,
  grid: readonly BaselineOptions[K][],
  options: TuneOptions = {},
): Promise<Tuning<K>> {
  const { metric = defaultMetric(split), onTrial, signal } = options;
  const train = trainingInteractions(split);
  const trials: Trial<K>[] = [];
  for (const setting of grid) {
    const progress = `${trials.length} of ${grid.length} settings`;
    await heedInterruption(signal, `${kind}: stopped after ${progress}; --resume tries them again`);
    const recommender =
      keptUpToDate({ kind, config: { ...setting } }, allInteractions(split)) ??
      createBaselineRecommender(await fitBaseline(kind, train, setting));
    const metrics = await measureValidation(recommender, split, options);
    trials.push({ options: setting, metrics });
    onTrial?.(trials.length, grid.length);
  }
  const values = trials.map(({ metrics }) => metrics[metric]);
  const best = values.indexOf(Math.max(...values));
  if (best < 0) {
    throw new InputError(
      `tuneBaseline: ${kind}: no best ${metric} among ${grid.length} settings; name a measured metric and a setting to try`,
    );
  }
  return { kind, metric, best: trials[best].options, trials };
}

function defaultMetric(split: AnySplit): string {
  return split.kind === "next-films" ? `precision@${split.task.numTargets}` : "ndcg@10";
}
