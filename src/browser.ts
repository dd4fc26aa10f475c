/**
 * Usher in a web page: load a model, find films by title, recommend. `docs/library.md` shows how.
 */
export {
  EnvironmentError,
  InputError,
  InternalError,
  UsherError,
} from "./common/errors.ts";
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
export type { Film } from "./data/interactions.ts";
export { topK } from "./metrics/top-k.ts";
export { type BundleBytes, loadBrowserModel as loadModel } from "./models/browser-bundle.ts";
export type { ModelManifest } from "./models/bundle-format.ts";
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
export type { BrowserRuntimeOptions } from "./runtime/load-browser-runtime.ts";
