/**
 * Brings a model and a data set together and measures: the data are prepared and split as the
 * bundle says its training did, and its items are found in the model's catalog by their ids.
 */
import { startProgress } from "../common/progress.ts";
import type { LoadOptions } from "../data/dataset.ts";
import { type Comparison, compare } from "../evaluation/compare.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationReport,
  evaluate,
} from "../evaluation/evaluate.ts";
import { appendToLedger, requireWritableLedger } from "../evaluation/test-ledger.ts";
import { loadModel } from "../models/bundle.ts";
import type { SplitRecord } from "../models/bundle-format.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { Recommender } from "../models/recommender.ts";
import { createReranked, type RerankOptions } from "../models/rerank.ts";
import { mapItems } from "../recipes/map-items.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
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
}

export interface EvaluationReply extends EvaluationReport {
  readonly data: {
    readonly names: readonly string[];
    readonly fingerprint: string;
    /** Whether the model learnt from the training part of these very data. */
    readonly isTrainingData: boolean;
  };
  /** The model minus the other one. */
  readonly comparison?: Comparison;
}

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
  { data: paths, load, options, rerank = {}, ledger }: EvaluationRequest,
  model: LoadedModel,
  other: LoadedModel | undefined,
): Promise<EvaluationReply> {
  const data = await prepareAsRecorded(model.manifest, paths, load);
  const split = splitOf(model);
  // Measuring may take long, so all that may be refused is checked before.
  const subject = await checkSubject(model, data, split, rerank);
  const otherSubject = other && (await checkSubject(other, data, split, rerank));
  if (ledger) await requireWritableLedger(ledger);
  const own = await measureSubject(subject, options, ledger);
  const isTrainingData = data.fingerprint === model.manifest.data.fingerprint;
  const { names, fingerprint } = data;
  const reply = { ...own.report, data: { names, fingerprint, isTrainingData } };
  if (!otherSubject) return reply;
  const { dumpPath: _, ...withoutDump } = options;
  const beside = await measureSubject(otherSubject, withoutDump, ledger);
  return { ...reply, comparison: compare(own, beside, options) };
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
  readonly split: SplitRecord;
  readonly modelItemOf: Int32Array;
}

/** @throws InputError as `requireUnseen`, `mapItems` and `createReranked` do. */
async function checkSubject(
  model: LoadedModel,
  data: PreparedData,
  split: SplitRecord,
  rerank: RerankOptions,
): Promise<Subject> {
  requireUnseen(model.manifest, data, split);
  const recommender = await createReranked(model, rerank);
  return { model, recommender, data, split, modelItemOf: mapItems(model, data) };
}

async function measureSubject(
  subject: Subject,
  options: EvaluateOptions,
  ledger: string | undefined,
): Promise<Evaluation> {
  const { model, recommender, data, modelItemOf } = subject;
  const split = splitData(data.interactions, subject.split);
  const progress = startProgress(`evaluating ${model.manifest.name}`, split[options.rows].length);
  try {
    const evaluation = await evaluate(recommender, split, {
      ...options,
      modelItemOf,
      ...genresOf(model, data, modelItemOf),
      onProgress: (done) => progress.update(done),
    });
    if (ledger) {
      await appendToLedger(ledger, model.manifest, data, evaluation.report);
    }
    return evaluation;
  } finally {
    progress.stop();
  }
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
