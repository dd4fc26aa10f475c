/**
 * Usher as a library, for Node. `docs/library.md` shows how.
 *
 * What reads data or trains is loaded when it is first called: a program that only recommends waits
 * for neither DuckDB nor training code.
 */
import type { Dataset, LoadOptions } from "./data/dataset.ts";
import type { ContinuedModel } from "./recipes/continue-model.ts";
import type { Recipe } from "./recipes/recipe.ts";
import type { TrainOptions, TrainSummary } from "./recipes/train.ts";

export {
  EnvironmentError,
  InputError,
  InternalError,
  InterruptedError,
  UsherError,
} from "./common/errors.ts";
export { type ByTimeOptions, splitByTime } from "./data/by-time.ts";
export { type ByUserOptions, splitByUser } from "./data/by-user.ts";
export type {
  DataFormat,
  Dataset,
  DatasetCounts,
  LoadOptions,
  PreparationRecord,
} from "./data/dataset.ts";
export type { FeatureSet, FeatureTable, FeatureValues } from "./data/features/feature-set.ts";
export { readFeatures, readKnownFeatures } from "./data/features/read-features.ts";
export {
  type JoinableDataset,
  type JoinedDatasets,
  joinDatasets,
} from "./data/films/join-datasets.ts";
export {
  createTitleIndex,
  describeFailedLookup,
  describeFilm,
  type FailedLookup,
  findFilm,
  requireFilm,
  type TitleIndex,
  type TitleLookup,
} from "./data/films/title-index.ts";
export { splitHalfHistory } from "./data/half-history.ts";
export type { Film, Interactions } from "./data/interactions.ts";
export { splitLeaveOneOut } from "./data/leave-one-out.ts";
export {
  NEXT_FIVE_OF_TEN,
  type NextFilms,
  type NextFilmsSplit,
  type SplitNextFilmsOptions,
  splitNextFilms,
} from "./data/next-films.ts";
export { splitNone } from "./data/no-split.ts";
export type { NewFilm } from "./data/read-new-films.ts";
export { type AnySplit, type Split, type SplitKind, trainingInteractions } from "./data/split.ts";
export type { BootstrapOptions, Estimate } from "./evaluation/bootstrap.ts";
export { type Comparison, compare } from "./evaluation/compare.ts";
export {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationReport,
  evaluate,
  measure,
  type Slice,
} from "./evaluation/evaluate.ts";
export {
  compareNextFilms,
  type EvaluateNextFilmsOptions,
  evaluateNextFilms,
  type NextFilmsEvaluation,
  type NextFilmsReport,
} from "./evaluation/evaluate-next-films.ts";
export {
  type EvaluateSecondHalvesOptions,
  evaluateSecondHalves,
  type SecondHalvesReport,
} from "./evaluation/evaluate-second-halves.ts";
export { formatComparison, formatLists, formatReport } from "./evaluation/format-report.ts";
export {
  measureSecondHalves,
  type SecondHalfMeasures,
  type SecondHalfOptions,
} from "./evaluation/measure-second-halves.ts";
export type { MeasureOptions } from "./evaluation/measure-targets.ts";
export type { HistoryOrder, Protocol } from "./evaluation/protocol.ts";
export {
  BASELINE_GRIDS,
  type TuneOptions,
  type Tuning,
  tuneBaseline,
} from "./evaluation/tune-baselines.ts";
export {
  hitRateAt,
  mapAt,
  mrrAt,
  ndcgAt,
  precisionAt,
  recallAt,
} from "./metrics/accuracy.ts";
export { topK } from "./metrics/top-k.ts";
export { addFilms, type BundleFiles } from "./models/add-films.ts";
export { BASELINE_INPUT, baselineOnnx } from "./models/baseline-onnx.ts";
export {
  type BaselineKind,
  type BaselineOptions,
  type BaselineWeights,
  createBaselineRecommender,
  fitBaseline,
} from "./models/baselines.ts";
export {
  type Bundle,
  DEFAULT_MODEL_FOLDER,
  type LoadModelOptions,
  loadBundleFiles,
  loadModel,
  saveBundle,
} from "./models/bundle.ts";
export type { ModelDescription, ModelManifest, SplitRecord } from "./models/bundle-format.ts";
export { type ExportedModel, exportOnnx } from "./models/export-onnx.ts";
export type { ItemVectors } from "./models/item-vectors.ts";
export type { LoadedModel } from "./models/loaded-model.ts";
export {
  type Recommendation,
  type RecommendingModel,
  type RecommendOptions,
  recommend,
  recommendMany,
  type Viewer,
} from "./models/recommend.ts";
export type { History, Recommender } from "./models/recommender.ts";
export { createReranked, type RerankOptions } from "./models/rerank.ts";
export { type SimilarOptions, similarFilms } from "./models/similar.ts";
export type { ContinuedModel } from "./recipes/continue-model.ts";
export { findRecipe, shippedRecipes } from "./recipes/find-recipe.ts";
export { parseRecipe } from "./recipes/parse-recipe.ts";
export type { Recipe } from "./recipes/recipe.ts";
export type { TrainOptions, TrainSummary } from "./recipes/train.ts";
export type { Backend } from "./runtime/load-runtime.ts";
export type { Device } from "./runtime/session.ts";

// Named by our types and by zod's. A program has them from its own types of Node or of the browser,
// with which these merge; without either it still compiles.
declare global {
  interface AbortSignal {}
  interface URL {}
}

/**
 * Reads and prepares a data set: a folder, an archive, or a file of your own with its columns
 * named. See `docs/data.md`.
 * @throws InputError when nothing is there, or a row is not as it should be.
 * @throws EnvironmentError when disk or memory run out.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const module = await import("./data/load-dataset.ts");
  return module.loadDataset(path, options);
}

/**
 * Trains a model by a recipe, into a folder.
 * @param recipe - from `findRecipe` or `parseRecipe`.
 * @throws InputError for anything wrong with the recipe, the data or the folder.
 * @throws InterruptedError after `options.signal`, with a checkpoint written where steps were made.
 * @throws EnvironmentError when the disk is full, or a loss is not finite.
 */
export async function train(recipe: Recipe, options: TrainOptions): Promise<TrainSummary> {
  const module = await import("./recipes/train.ts");
  return module.train(recipe, options);
}

/**
 * A model to go on from, for `continueFrom` of `train`, whose recipe then is that of the model.
 * @param folder - of a bundle or of a finished run.
 * @throws InputError when there is none, it is a baseline, or its recipe is not kept with it.
 */
export async function readContinuedModel(folder: string): Promise<ContinuedModel> {
  const module = await import("./recipes/continue-model.ts");
  return module.readContinuedModel(folder);
}
