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
import { loadModel } from "../models/bundle.ts";
import type { SplitRecord } from "../models/bundle-format.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { prepareAsRecorded, requireUnseen } from "./evaluation-data.ts";
import { mapItems } from "./map-items.ts";

export interface EvaluationRequest {
  /** The folder of a model. Default: the one that comes with Usher. */
  readonly model?: string | undefined;
  /** The folder of another, to be measured beside. */
  readonly against?: string | undefined;
  readonly data: readonly string[];
  /** Takes the place of what the bundle records. */
  readonly load: LoadOptions;
  readonly options: EvaluateOptions;
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
  const model = await loadModel(request.model);
  try {
    const data = await prepareAsRecorded(model.manifest, request.data, request.load);
    const targets = { data, split: splitOf(model), options: request.options };
    const own = await measureModel(model, targets);
    const isTrainingData = data.fingerprint === model.manifest.data.fingerprint;
    const { names, fingerprint } = data;
    const reply = { ...own.report, data: { names, fingerprint, isTrainingData } };
    if (request.against === undefined) return reply;
    const other = await measureOther(request.against, targets);
    return { ...reply, comparison: compare(own, other, request.options) };
  } finally {
    await model.dispose();
  }
}

/** What a model is measured on. */
interface Targets {
  readonly data: PreparedData;
  readonly split: SplitRecord;
  readonly options: EvaluateOptions;
}

/** A model that held nothing out is measured on other data, split as the sequential papers do. */
function splitOf({ manifest }: LoadedModel): SplitRecord {
  return manifest.split.kind === "none" ? { kind: "leave-one-out" } : manifest.split;
}

async function measureOther(folder: string, targets: Targets): Promise<Evaluation> {
  const { dumpPath: _, ...options } = targets.options;
  const model = await loadModel(folder);
  try {
    return await measureModel(model, { ...targets, options });
  } finally {
    await model.dispose();
  }
}

async function measureModel(model: LoadedModel, targets: Targets): Promise<Evaluation> {
  const { data, options } = targets;
  requireUnseen(model.manifest, data, targets.split);
  const modelItemOf = mapItems(model, data);
  const split = splitData(data.interactions, targets.split);
  const progress = startProgress(`evaluating ${model.manifest.name}`, split[options.rows].length);
  try {
    return await evaluate(model.recommender, split, {
      ...options,
      modelItemOf,
      ...genresOf(model, data, modelItemOf),
      onProgress: (done) => progress.update(done),
    });
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
