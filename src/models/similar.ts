/**
 * Films near to a film.
 */
import { topK } from "../metrics/top-k.ts";
import { type FilterOptions, markUnwanted } from "./film-filter.ts";
import { cosine } from "./item-vectors.ts";
import { type Recommendation, type RecommendingModel, toRecommendations } from "./recommend.ts";

export interface SimilarOptions extends FilterOptions {
  /** How many films at most. Default: 10. */
  readonly k?: number;
}

/**
 * The films nearest to one, by the cosine of the model's vectors. A model without them ranks by what
 * it would recommend after that film alone.
 * @param item - itemIndex of the film, which is not among them.
 * @throws InputError when an option means nothing.
 */
export async function similarFilms(
  model: RecommendingModel,
  item: number,
  { k = 10, ...filters }: SimilarOptions = {},
): Promise<Recommendation[]> {
  const { catalog, recommender, itemIndexOf } = model;
  const excluded = markUnwanted(catalog, itemIndexOf, filters);
  excluded[item] = 1;
  const vectors = await model.itemVectors();
  const scores = vectors
    ? Float32Array.from(catalog, (_, other) => cosine(vectors, item, other))
    : await recommender.score([{ items: [item] }]);
  return toRecommendations(catalog, topK(scores, k, excluded), scores);
}
