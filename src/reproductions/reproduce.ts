/**
 * Measures what a name of the catalog stands for: every row of its table from the weights, and from
 * them alone.
 */
import { startProgress } from "../common/progress.ts";
import { trainingInteractions } from "../data/split.ts";
import type { Estimate } from "../evaluation/bootstrap.ts";
import {
  appendBaselineToLedger,
  appendToLedger,
  requireWritableLedger,
} from "../evaluation/test-ledger.ts";
import { createPopularityRecommender, fitPopularity } from "../models/popularity.ts";
import { createRandomRecommender } from "../models/random.ts";
import type { Recommender } from "../models/recommender.ts";
import { describeRows, type TrainingRows } from "../recipes/train.ts";
import type { WrittenLine } from "../training/training-log.ts";
import { type Example, findExamples } from "./examples.ts";
import { type Cases, describeTask, measureTask } from "./measure-task.ts";
import { type ModelSource, type OpenOptions, type OpenPart, openPart } from "./open-part.ts";
import type { Measurement, Part, Published, Reproduction } from "./reproduction.ts";
import { averageCases, byGenre, byHistoryLength, estimate, type Group } from "./summarize-cases.ts";

export interface ReproduceOptions extends OpenOptions {
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger?: string | undefined;
}

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
  readonly metrics: readonly ReproducedMetric[];
  readonly published: readonly Published[];
  /** nDCG@10. */
  readonly historyLength: readonly Group[];
  /** nDCG@10; empty where no genres are known. */
  readonly genre: readonly Group[];
}

/** A model whose numbers these are. */
export interface ReproducedModel {
  readonly seed: number | null;
  /** Of the code that trained it. */
  readonly commit: string | null;
  readonly rows: TrainingRows;
  /** The sha256 of `model.onnx`. */
  readonly weights: string;
  /** The best epoch's value on the validation rows, as `training.validation` of the bundle. */
  readonly validation: unknown;
  /** What its rounded weights still reach there; null where nothing is rounded. */
  readonly stored: unknown;
}

export interface ReproducedPart {
  readonly recipe: string;
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  /** One for each seed, whose mean is reported. */
  readonly models: readonly ReproducedModel[];
  readonly measurements: readonly ReproducedMeasurement[];
  /** Of the first model. */
  readonly log: readonly WrittenLine[];
  readonly examples: readonly Example[];
}

/** What a reproduction found, as plain data. */
export interface ReproductionResult {
  readonly name: string;
  readonly description: string;
  readonly source: ModelSource["kind"];
  readonly parts: readonly ReproducedPart[];
  /** Those that have no checkpoint here. */
  readonly missing: readonly Part[];
}

/**
 * @throws InputError when data are missing or a model learnt from others.
 * @throws InterruptedError after `signal`.
 */
export async function reproduce(
  { name, description, parts }: Reproduction,
  options: ReproduceOptions,
): Promise<ReproductionResult> {
  const { ledger, source } = options;
  if (ledger !== undefined) await requireWritableLedger(ledger);
  const done: ReproducedPart[] = [];
  const missing: Part[] = [];
  for (const part of parts) {
    const open = await openPart(part, options);
    if (!open) missing.push(part);
    else {
      try {
        done.push(await reproducePart(part, open, ledger));
      } finally {
        for (const { model } of open.models) await model.dispose();
      }
    }
  }
  return { name, description, source: source.kind, parts: done, missing };
}

async function reproducePart(
  part: Part,
  open: OpenPart,
  ledger: string | undefined,
): Promise<ReproducedPart> {
  const { data, split, models, recipe } = open;
  const measurements: ReproducedMeasurement[] = [];
  for (const measurement of part.measurements) {
    measurements.push(await reproduceMeasurement(measurement, open, ledger));
  }
  return {
    recipe: recipe.name,
    data: { names: data.names, fingerprint: data.fingerprint },
    models: models.map(({ model: { manifest } }) => {
      const training = (manifest.training ?? {}) as Record<string, never>;
      const { commit = null, validation = null, stored = null } = training;
      const { seed = null } = (training.recipe ?? {}) as { seed?: number };
      const weights = manifest.files["model.onnx"].sha256;
      return { seed, commit, rows: describeRows(split), weights, validation, stored };
    }),
    measurements,
    log: models[0].log,
    examples: await findExamples(models[0].model.recommender, split, data.films),
  };
}

async function reproduceMeasurement(
  { title, task, metrics, published }: Measurement,
  { data, split, models }: OpenPart,
  ledger: string | undefined,
): Promise<ReproducedMeasurement> {
  const genres = data.interactions.itemIds.map((id) => data.films.get(id)?.genres ?? []);
  const known = genres.some((names) => names.length > 0) ? genres : undefined;
  const description = describeTask(split, task);
  const measure = async (recommender: Recommender): Promise<Cases> => {
    const progress = startProgress(`${title}: ${recommender.name}`, split.test.length);
    return measureTask(recommender, split, task, known, (at) => progress.update(at)).finally(() =>
      progress.stop(),
    );
  };
  const report = (cases: Cases) => ({
    description,
    numUsers: new Set(cases.userIndices).size,
    metrics: estimate(cases),
  });
  const seeds: Cases[] = [];
  for (const { model } of models) {
    const cases = await measure(model.recommender);
    seeds.push(cases);
    const own = { model: model.manifest.name, ...report(cases) };
    if (ledger !== undefined) await appendToLedger(ledger, model.manifest, data, own);
  }
  const train = trainingInteractions(split);
  const baselines = [
    createPopularityRecommender(fitPopularity(train)),
    createRandomRecommender(train.itemIds.length),
  ];
  const beside: (typeof seeds)[number][] = [];
  for (const baseline of baselines) {
    const cases = await measure(baseline);
    beside.push(cases);
    const own = { model: baseline.name, ...report(cases) };
    if (ledger !== undefined) await appendBaselineToLedger(ledger, split, data, own);
  }
  const mean = { ...seeds[0], values: averageCases(seeds) };
  const [ours, popularity, random] = [mean, ...beside].map(estimate);
  return {
    title,
    description,
    numUsers: report(mean).numUsers,
    metrics: metrics
      .filter((metric) => metric in ours)
      .map((metric) => ({
        metric,
        ours: ours[metric],
        popularity: popularity[metric],
        random: random[metric],
      })),
    published,
    historyLength: byHistoryLength(mean),
    genre: known ? byGenre(seeds[0], known) : [],
  };
}
