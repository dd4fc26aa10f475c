/**
 * Brings a model and a data set together and measures: the data are prepared and split as the
 * bundle says its training did, and its items are found in the model's catalog by their ids.
 */
import { InputError } from "../common/errors.ts";
import { withProgress } from "../common/progress.ts";
import type { LoadOptions } from "../data/dataset.ts";
import { requireEncoded } from "../data/features/feature-encoding.ts";
import { type FeatureSet, NO_FEATURES } from "../data/features/feature-set.ts";
import type { NextFilmsSplit } from "../data/next-films.ts";
import type { AnySplit, Split } from "../data/split.ts";
import { type Comparison, compare } from "../evaluation/compare.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationReport,
  evaluate,
} from "../evaluation/evaluate.ts";
import {
  compareNextFilms,
  evaluateNextFilms,
  type NextFilmsEvaluation,
  type NextFilmsReport,
} from "../evaluation/evaluate-next-films.ts";
import {
  evaluateSecondHalves,
  type SecondHalvesReport,
} from "../evaluation/evaluate-second-halves.ts";
import { cutoffs } from "../evaluation/measure-targets.ts";
import { appendToLedger, requireWritableLedger } from "../evaluation/test-ledger.ts";
import { keptUpToDate } from "../models/baselines.ts";
import { loadModel } from "../models/bundle.ts";
import type { SplitRecord } from "../models/bundle-format.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { Recommender } from "../models/recommender.ts";
import { createReranked, type RerankOptions } from "../models/rerank.ts";
import { mapItems } from "../recipes/map-items.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { prepareFeatures } from "../recipes/prepare-features.ts";
import { prepareAsRecorded, requireUnseen } from "./evaluation-data.ts";

export interface EvaluationRequest {
  /** The folder of a model. Default: the one that comes with Usher. */
  readonly model?: string | undefined;
  /** The folder of another, to be measured beside. */
  readonly against?: string | undefined;
  readonly data: readonly string[];
  /** Takes the place of what the bundle records. */
  readonly load: LoadOptions;
  readonly options: EvaluateOptions;
  /** How lists are put in order; both models' alike. Default: by the scores. */
  readonly rerank?: RerankOptions | undefined;
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger?: string | undefined;
  /** One list for each second half, on a split in halves. Default: each film by itself. */
  readonly secondHalves?: boolean | undefined;
  /** A `features.json`, for a model that reads features of users. Default: what the data set says. */
  readonly features?: string | undefined;
}

/** What a reply says of the data. */
interface MeasuredData {
  readonly names: readonly string[];
  readonly fingerprint: string;
  /** Whether the model learnt from the training part of these very data. */
  readonly isTrainingData: boolean;
}

interface Reply {
  readonly data: MeasuredData;
  /** The model minus the other one. */
  readonly comparison?: Comparison;
}

export type EvaluationReply = Reply & (EvaluationReport | NextFilmsReport | SecondHalvesReport);

/**
 * @throws InputError when the model was trained on the targets, or its ids mean other films.
 */
export async function evaluateModels(request: EvaluationRequest): Promise<EvaluationReply> {
  const models: LoadedModel[] = [];
  try {
    models.push(await loadModel(request.model));
    if (request.against !== undefined) models.push(await loadModel(request.against));
    return await measureModels(request, models[0], models[1]);
  } finally {
    for (const model of models) await model.dispose();
  }
}

async function measureModels(
  request: EvaluationRequest,
  model: LoadedModel,
  other: LoadedModel | undefined,
): Promise<EvaluationReply> {
  const { data: paths, load, options, rerank = {}, ledger } = request;
  const data = await prepareAsRecorded(model.manifest, paths, load);
  const split = splitOf(model);
  const models = other ? [model, other] : [model];
  const readsUsers = models.some(({ manifest }) => manifest.input.users);
  if (request.features !== undefined && !readsUsers) {
    throw new InputError(
      `--features ${request.features}: ${model.manifest.name} reads no features of users; leave it out`,
    );
  }
  const features = readsUsers ? await prepareFeatures(data, request.features) : NO_FEATURES;
  for (const { manifest } of models) {
    const { users } = manifest.input;
    if (users) requireEncoded(users, features.users, `${manifest.name}: features of users`);
  }
  // Measuring may take long, so all that may be refused is checked before.
  const subjects: Subject[] = [];
  for (const one of models) subjects.push(await checkSubject(one, data, features, split, rerank));
  if (ledger) await requireWritableLedger(ledger);
  const isTrainingData = data.fingerprint === model.manifest.data.fingerprint;
  const { names, fingerprint } = data;
  const measured = { names, fingerprint, isTrainingData };
  const { dumpPath: _, ...withoutDump } = options;
  const rows = splitData(data.interactions, split);
  const [subject, beside] = subjects;
  if (request.secondHalves) {
    const report = await measureHalves(subject, rows, options, ledger);
    return { ...report, data: measured };
  }
  if (rows.kind === "next-films") {
    requirePlain(request);
    const own = await measureWindows(subject, rows, options, ledger);
    const reply = { ...own.report, data: measured };
    if (!beside) return reply;
    const theirs = await measureWindows(beside, rows, withoutDump, ledger);
    return { ...reply, comparison: compareNextFilms(own, theirs, options) };
  }
  const own = await measureSubject(subject, rows, options, ledger);
  const reply = { ...own.report, data: measured };
  if (!beside) return reply;
  const theirs = await measureSubject(beside, rows, withoutDump, ledger);
  return { ...reply, comparison: compare(own, theirs, options) };
}

/** The next films are measured in one way. @throws InputError when another was asked for. */
function requirePlain({ options, rerank = {} }: EvaluationRequest): void {
  const { protocol, excludeValidationFromHistory, historyOrder, userRange, ks } = options;
  const isPlain =
    protocol === "full" &&
    historyOrder !== "shuffled" &&
    userRange === undefined &&
    (ks === undefined || cutoffs({ protocol, rows: options.rows }).join() === ks.join()) &&
    !excludeValidationFromHistory &&
    Object.values(rerank).every((value) => value === undefined);
  if (isPlain) return;
  throw new InputError(
    "evaluate: a model of the next films is measured by full ranking of its windows; leave out --protocol, --k, --exclude-validation, --history-order, --user-range, --diversity and --tempering",
  );
}

async function measureWindows(
  subject: Subject,
  split: NextFilmsSplit,
  { rows, seed, numResamples, dumpPath }: EvaluateOptions,
  ledger: string | undefined,
): Promise<NextFilmsEvaluation> {
  requireSameItems(subject);
  const { model, recommender, data, features } = subject;
  const options = { rows, dumpPath, seed, numResamples, users: features.users };
  const evaluation = await evaluateNextFilms(recommender, split, options);
  if (ledger) await appendToLedger(ledger, model.manifest, data, evaluation.report);
  return evaluation;
}

async function measureHalves(
  subject: Subject,
  split: AnySplit,
  { rows, seed, numResamples, dumpPath }: EvaluateOptions,
  ledger: string | undefined,
): Promise<SecondHalvesReport> {
  if (split.kind !== "half-history" || rows !== "test") {
    throw new InputError(
      `--second-halves: asks for the test rows of a half-history split, here are the ${rows} rows of a ${split.kind} split; leave it out`,
    );
  }
  requireSameItems(subject);
  const { model, recommender, data, features, modelItemOf } = subject;
  const report = await withProgress(`evaluating ${model.manifest.name}`, (onProgress) =>
    evaluateSecondHalves(recommender, split, {
      dumpPath,
      seed,
      numResamples,
      userFeatures: features.users?.rows,
      ...genresOf(model, data, modelItemOf),
      onProgress,
    }),
  );
  if (ledger) await appendToLedger(ledger, model.manifest, data, report);
  return report;
}

/** @throws InputError where indices mean other items. */
function requireSameItems({ model, data, modelItemOf }: Subject): void {
  if (modelItemOf.every((item, index) => item === index)) return;
  throw new InputError(
    `evaluate: ${model.manifest.name} numbers its films otherwise than ${data.names.join(", ")}; this is measured on the data that it was trained on`,
  );
}

/** A model that held nothing out is measured on other data, split as the sequential papers do. */
function splitOf({ manifest }: LoadedModel): SplitRecord {
  return manifest.split.kind === "none" ? { kind: "leave-one-out" } : manifest.split;
}

/** A model that may be measured on these data. */
interface Subject {
  readonly model: LoadedModel;
  readonly recommender: Recommender;
  readonly data: PreparedData;
  readonly features: FeatureSet;
  /** The model's index of each item of the data, -1 where it has none: `[N]`. */
  readonly modelItemOf: Int32Array;
  /** Whether the recommender ranks the items of the data by their own indices. */
  readonly ranksDataItems: boolean;
}

/** @throws InputError as `requireUnseen`, `mapItems` and `createReranked` do. */
async function checkSubject(
  model: LoadedModel,
  data: PreparedData,
  features: FeatureSet,
  split: SplitRecord,
  rerank: RerankOptions,
): Promise<Subject> {
  requireUnseen(model.manifest, data, split);
  const modelItemOf = mapItems(model, data);
  const upToDate = keptUpToDate(model.manifest, data.interactions);
  const measured = upToDate ? { ...model, recommender: upToDate } : model;
  const recommender = await createReranked(measured, rerank);
  // A model of other data knows their items, whatever came when in these.
  const isOther = data.fingerprint !== model.manifest.data.fingerprint;
  return {
    model,
    recommender: isOther ? { ...recommender, knowsNewItems: true } : recommender,
    data,
    features,
    modelItemOf,
    ranksDataItems: upToDate !== null,
  };
}

async function measureSubject(
  subject: Subject,
  split: Split,
  options: EvaluateOptions,
  ledger: string | undefined,
): Promise<Evaluation> {
  const { model, recommender, data, features, modelItemOf, ranksDataItems } = subject;
  const evaluation = await withProgress(`evaluating ${model.manifest.name}`, (onProgress) =>
    evaluate(recommender, split, {
      ...options,
      ...(!ranksDataItems && { modelItemOf }),
      userFeatures: features.users?.rows,
      ...genresOf(model, data, modelItemOf),
      onProgress,
    }),
  );
  if (ledger) await appendToLedger(ledger, model.manifest, data, evaluation.report);
  return evaluation;
}

/** The data set's own genres, else the model's; none where neither knows any. */
function genresOf(
  { catalog }: LoadedModel,
  { films, interactions }: PreparedData,
  modelItemOf: Int32Array,
): Pick<EvaluateOptions, "genres"> {
  const genres = interactions.itemIds.map((id, item) =>
    films.size > 0 ? (films.get(id)?.genres ?? []) : (catalog[modelItemOf[item]]?.genres ?? []),
  );
  return genres.some((names) => names.length > 0) ? { genres } : {};
}
