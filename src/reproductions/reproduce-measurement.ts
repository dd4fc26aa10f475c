/**
 * Some lines of a table: ours as the mean of seeds, popularity and chance beside it.
 */
import { heedInterruption } from "../common/interruption.ts";
import { type Progress, startProgress } from "../common/progress.ts";
import { trainingInteractions } from "../data/split.ts";
import type { Estimate } from "../evaluation/bootstrap.ts";
import {
  appendBaselineToLedger,
  appendToLedger,
  type LedgerReport,
} from "../evaluation/test-ledger.ts";
import { createPopularityRecommender, fitPopularity } from "../models/popularity.ts";
import { createRandomRecommender } from "../models/random.ts";
import type { Recommender } from "../models/recommender.ts";
import { type Cases, describeTask, measureTask } from "./measure-task.ts";
import type { OpenPart } from "./open-part.ts";
import type { Measurement, Published } from "./reproduction.ts";
import { averageCases, byGenre, byHistoryLength, estimate, type Group } from "./summarize-cases.ts";

/** A metric of ours with what stands beside it. */
export interface ReproducedMetric {
  /** E.g. "ndcg@10". */
  readonly metric: string;
  readonly ours: Estimate;
  readonly popularity: Estimate;
  readonly random: Estimate;
}

export interface ReproducedMeasurement {
  readonly title: string;
  /** The protocol in words. */
  readonly description: string;
  readonly numUsers: number;
  /** Those that the data allow: no genre measures where no genres are known. */
  readonly metrics: readonly ReproducedMetric[];
  readonly published: readonly Published[];
  /** nDCG@10. */
  readonly historyLength: readonly Group[];
  /** nDCG@10 of the first seed; empty where no genres are known. */
  readonly genre: readonly Group[];
}

export interface LookOptions {
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws InterruptedError after `signal`. */
export async function reproduceMeasurement(
  { title, task, metrics, published }: Measurement,
  { data, split, features, models }: OpenPart,
  { ledger, signal }: LookOptions,
): Promise<ReproducedMeasurement> {
  const genres = data.interactions.itemIds.map((id) => data.films.get(id)?.genres ?? []);
  const known = genres.some((names) => names.length > 0) ? genres : undefined;
  // Genre measures take longer than all others: only where they are asked for.
  const measured = metrics.some((metric) => metric.startsWith("genre")) ? known : undefined;
  const beside = { genres: measured, userFeatures: features?.users?.rows };
  const description = describeTask(split, task);
  const measure = (recommender: Recommender): Promise<Cases> =>
    withProgress(`${title}: ${recommender.name}`, (onProgress) =>
      measureTask(heeding(recommender, signal), split, task, { ...beside, onProgress }),
    );
  const report = (model: string, cases: Cases): LedgerReport => {
    const numUsers = new Set(cases.userIndices).size;
    return { model, description, numUsers, metrics: estimate(cases) };
  };
  const seeds: Cases[] = [];
  for (const { model } of models) {
    const cases = await measure(model.recommender);
    const { manifest } = model;
    if (ledger) await appendToLedger(ledger, manifest, data, report(manifest.name, cases));
    seeds.push(cases);
  }
  const baselines: LedgerReport[] = [];
  for (const baseline of createBaselines(split)) {
    const own = report(baseline.name, await measure(baseline));
    if (ledger) await appendBaselineToLedger(ledger, split, data, own);
    baselines.push(own);
  }
  const mean = { ...seeds[0], values: averageCases(seeds) };
  const { numUsers, metrics: ours } = report("ours", mean);
  const [popularity, random] = baselines.map((baseline) => baseline.metrics);
  const besides = (metric: string): ReproducedMetric => ({
    metric,
    ours: ours[metric],
    popularity: popularity[metric],
    random: random[metric],
  });
  return {
    title,
    description,
    numUsers,
    metrics: metrics.filter((metric) => metric in ours).map(besides),
    published,
    historyLength: byHistoryLength(mean),
    genre: known ? byGenre(seeds[0], known) : [],
  };
}

function createBaselines(split: OpenPart["split"]): Recommender[] {
  const train = trainingInteractions(split);
  return [
    createPopularityRecommender(fitPopularity(train)),
    createRandomRecommender(train.itemIds.length),
  ];
}

/** Hears Ctrl-C before each batch. */
function heeding(recommender: Recommender, signal: AbortSignal | undefined): Recommender {
  return {
    ...recommender,
    score: async (inputs) => {
      await heedInterruption(signal, "stopped while measuring; run the same command again");
      return recommender.score(inputs);
    },
  };
}

/** Batches tell how much there is. */
async function withProgress<T>(
  label: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await work((done, total) => {
      progress ??= startProgress(label, total);
      progress.update(done);
    });
  } finally {
    progress?.stop();
  }
}
