/**
 * Some lines of a table: ours as the mean of seeds, popularity and chance beside it.
 */
import { heedInterruption } from "../common/interruption.ts";
import { withProgress } from "../common/progress.ts";
import { withInnerValidation } from "../data/next-films.ts";
import { type AnySplit, allInteractions, trainingInteractions } from "../data/split.ts";
import type { Estimate } from "../evaluation/bootstrap.ts";
import {
  appendBaselineToLedger,
  appendToLedger,
  type LedgerReport,
} from "../evaluation/test-ledger.ts";
import { BASELINE_GRIDS, tuneBaseline } from "../evaluation/tune-baselines.ts";
import { createBaselineRecommender, fitBaseline, keptUpToDate } from "../models/baselines.ts";
import { fitNextFilmsRidge } from "../models/next-films-ridge.ts";
import { createPopularityRecommender, fitPopularity } from "../models/popularity.ts";
import { createRandomRecommender } from "../models/random.ts";
import type { Recommender } from "../models/recommender.ts";
import { type Cases, describeTask, keepAmong, measureTask } from "./measure-task.ts";
import type { OpenPart } from "./open-part.ts";
import type { FixedBaseline, Measurement, Published } from "./reproduction.ts";
import {
  averageCases,
  byGenre,
  byHistoryLength,
  difference,
  estimate,
  type Group,
} from "./summarize-cases.ts";

/** A metric of ours with what stands beside it. */
export interface ReproducedMetric {
  /** E.g. "ndcg@10". */
  readonly metric: string;
  readonly ours: Estimate;
  /** By the name of the baseline. */
  readonly baselines: Readonly<Record<string, Estimate>>;
  /** Ours minus each baseline, case by case; absent from what earlier versions measured. */
  readonly differences?: Readonly<Record<string, Estimate>> | undefined;
}

export interface ReproducedMeasurement {
  readonly title: string;
  /** The protocol in words. */
  readonly description: string;
  readonly numUsers: number;
  /** Those that the data allow: no genre measures where no genres are known. */
  readonly metrics: readonly ReproducedMetric[];
  readonly published: readonly Published[];
  /** Ours minus another line's, where one stands beside it. */
  readonly against: {
    readonly name: string;
    readonly differences: Readonly<Record<string, Estimate>>;
  } | null;
  /** nDCG@10. */
  readonly historyLength: readonly Group[];
  /** nDCG@10 of the first seed; empty where no genres are known. */
  readonly genre: readonly Group[];
}

export interface LookOptions {
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly memory: TableMemory;
}

/** What a table has worked out so far, so that nothing is worked out twice. */
export interface TableMemory {
  /** By model and task what was measured: several looks at the same lists are one. */
  readonly casesOfModels: WeakMap<Recommender, Map<string, Cases>>;
  /** By data, split and settings; fitting and tuning them takes longer than measuring. */
  readonly baselines: Map<string, readonly Baseline[]>;
  /** The looks of baselines that the ledger has. */
  readonly noted: Set<string>;
}

export function createTableMemory(): TableMemory {
  return { casesOfModels: new WeakMap(), baselines: new Map(), noted: new Set() };
}

/** Another line, whose cases are the same. */
export interface Other {
  readonly name: string;
  readonly cases: Cases;
}

/**
 * @returns what is printed, and the cases it is made of.
 * @throws InterruptedError after `signal`.
 */
export async function reproduceMeasurement(
  { title, task, metrics, published, baselines: others = [] }: Measurement,
  { data, features, models }: OpenPart,
  { ledger, signal, memory }: LookOptions,
  other?: Other,
): Promise<{ readonly measured: ReproducedMeasurement; readonly cases: Cases }> {
  const genres = data.interactions.itemIds.map((id) => data.films.get(id)?.genres ?? []);
  const known = genres.some((names) => names.length > 0) ? genres : undefined;
  // Genre measures take longer than all others: only where they are asked for.
  const wanted = metrics.some((metric) => metric.startsWith("genre")) ? known : undefined;
  const knowledge = { genres: wanted, features };
  const measureAll = (recommender: Recommender, split: AnySplit): Promise<Cases> =>
    withProgress(`${title}: ${recommender.name}`, (onProgress) =>
      measureTask(heeding(recommender, signal), split, task, knowledge, onProgress),
    );
  const key = JSON.stringify({ ...task, among: undefined, hasGenres: wanted !== undefined });
  const measure = async (recommender: Recommender, split: AnySplit): Promise<Cases> => {
    const own = memory.casesOfModels.get(recommender) ?? new Map<string, Cases>();
    const cases = own.get(key) ?? (await measureAll(recommender, split));
    memory.casesOfModels.set(recommender, own.set(key, cases));
    return keepAmong(cases, split, task);
  };
  const report = (model: string, split: AnySplit, cases: Cases): LedgerReport => {
    const numUsers = new Set(cases.userIndices).size;
    const description = describeTask(split, task);
    return { model, description, numUsers, metrics: estimate(cases, task) };
  };
  const seeds: Cases[] = [];
  for (const { model, split } of models) {
    const cases = await measure(model.recommender, split);
    const { manifest } = model;
    if (ledger) await appendToLedger(ledger, manifest, data, report(manifest.name, split, cases));
    seeds.push(cases);
  }
  const [{ split }] = models;
  // Of the next films each seed has windows of its own, and the baselines have the same.
  const shared = split.kind === "next-films" ? models : models.slice(0, 1);
  const casesOf = new Map<string, Cases[]>();
  for (const { split: one, model: beside } of shared) {
    const { manifest } = beside;
    const place = JSON.stringify([data.fingerprint, manifest.split, others]);
    const fitted =
      memory.baselines.get(place) ?? (others ? await createBaselines(one, others, signal) : []);
    memory.baselines.set(place, fitted);
    for (const { model, options } of fitted) {
      const cases = await measure(model, one);
      const look = JSON.stringify([place, model.name, options, task]);
      if (ledger && !memory.noted.has(look)) {
        const made = { split: manifest.split, options };
        await appendBaselineToLedger(ledger, made, data, report(model.name, one, cases));
        memory.noted.add(look);
      }
      casesOf.set(model.name, [...(casesOf.get(model.name) ?? []), cases]);
    }
  }
  const mean = averageCases(seeds, task);
  const baselines = Array.from(casesOf, ([name, all]) => {
    const cases = averageCases(all, task);
    return { ...report(name, split, cases), less: difference(mean, cases, task) };
  });
  const { description, numUsers, metrics: ours } = report("ours", split, mean);
  const besides = (metric: string): ReproducedMetric => ({
    metric,
    ours: ours[metric],
    baselines: Object.fromEntries(baselines.map(({ model, metrics }) => [model, metrics[metric]])),
    differences: Object.fromEntries(baselines.map(({ model, less }) => [model, less[metric]])),
  });
  const measured: ReproducedMeasurement = {
    title,
    description,
    numUsers,
    metrics: metrics.filter((metric) => metric in ours).map(besides),
    published,
    against: other ? { name: other.name, differences: difference(mean, other.cases, task) } : null,
    historyLength: byHistoryLength(mean),
    genre: known ? byGenre(seeds[0], known) : [],
  };
  return { measured, cases: mean };
}

/** A baseline, and the settings it was fitted with. */
export interface Baseline {
  readonly model: Recommender;
  readonly options: object;
}

/** Of the next films those that are cheap to fit as well, their settings chosen on validation. */
async function createBaselines(
  split: AnySplit,
  others: readonly FixedBaseline[],
  signal: AbortSignal | undefined,
): Promise<Baseline[]> {
  const train = trainingInteractions(split);
  const simple: Baseline[] = [
    { model: createPopularityRecommender(fitPopularity(train)), options: {} },
    { model: createRandomRecommender(train.itemIds.length), options: {} },
  ];
  const fitOther = async ({ kind, options }: FixedBaseline): Promise<Baseline> => {
    const upToDate = keptUpToDate({ kind, config: { ...options } }, allInteractions(split));
    const fitted = async () => createBaselineRecommender(await fitBaseline(kind, train, options));
    const model = upToDate ?? (await fitted());
    // A table may have several windows of time.
    const name = "days" in options ? `${model.name}, ${options.days} d` : model.name;
    return { model: { ...model, name }, options };
  };
  for (const other of others) simple.push(await fitOther(other));
  if (split.kind !== "next-films") return simple;
  const inner = withInnerValidation(split, INNER_SHARE, 1);
  const tuned: Baseline[] = [];
  for (const kind of ["item-knn", "ease"] as const) {
    const grid = BASELINE_GRIDS[kind];
    const heed = signal ? { signal } : {};
    const { best } = await tuneBaseline<typeof kind>(kind, inner, grid, heed);
    tuned.push({
      model: createBaselineRecommender(await fitBaseline(kind, train, best)),
      options: best,
    });
  }
  const ridge = await fitNextFilmsRidge(split.task, split.train, RIDGE);
  return [...simple, ...tuned, { model: ridge, options: RIDGE }];
}

/** Of the training windows, for settings to be chosen on. */
const INNER_SHARE = 0.1;

/** As issue 4 states them. */
const RIDGE = { decay: 0.85, l2: 100 };

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
