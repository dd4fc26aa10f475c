/**
 * Other orders than that of the scores: less of what is popular, and less of the same.
 */
import { InputError } from "../common/errors.ts";
import { diversifiedTopK } from "./diversify.ts";
import type { ItemVectors } from "./item-vectors.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { History, Recommender } from "./recommender.ts";

export interface RerankOptions {
  /**
   * From 0 to 1: the share of what the model says to someone it knows nothing of that is taken away
   * from each score. At 1 a film is ranked by how much the history speaks for it alone (for a softmax
   * the pointwise mutual information). Default: 0.
   */
  readonly tempering?: number | undefined;
  /** From 0 to 1, as in `diversify.ts`. Default: 0. */
  readonly diversity?: number | undefined;
}

/** What reranking needs of a model. */
export type RerankableModel = Pick<LoadedModel, "recommender" | "itemVectors">;

/** Scores as they are ranked by: `[B, N]`. @throws InputError when `tempering` means nothing. */
export async function temperedScores(
  recommender: Recommender,
  histories: readonly History[],
  tempering = 0,
): Promise<Float32Array> {
  requireShare("tempering", tempering);
  if (tempering === 0) return recommender.score(histories);
  const { numItems } = recommender;
  const scores = await recommender.score([...histories, { items: [] }]);
  const prior = scores.subarray(histories.length * numItems);
  const own = scores.slice(0, histories.length * numItems);
  for (let i = 0; i < own.length; i++) own[i] -= tempering * prior[i % numItems];
  return own;
}

/**
 * The vectors by which lists are made diverse; null where they need not be.
 * @throws InputError when `diversity` means nothing, or the model has no vectors.
 */
export async function vectorsFor(
  model: RerankableModel,
  diversity = 0,
): Promise<ItemVectors | null> {
  requireShare("diversity", diversity);
  if (diversity === 0) return null;
  const vectors = await model.itemVectors();
  if (vectors) return vectors;
  throw new InputError(
    `diversity ${diversity}: ${model.recommender.name} has no vectors that tell its films apart; ` +
      "use a network, trained by this version of Usher, or leave it out",
  );
}

/** Lists as long as this are put in order; what follows keeps its place after them. */
const REORDERED = 50;

/**
 * A recommender whose scores rank as the options say, and whose name says so, so that whatever
 * measures recommenders can measure it, too. Films of the history are not among those put in order.
 * @throws InputError when an option means nothing, or the model cannot do it.
 */
export async function createReranked(
  model: RerankableModel,
  { tempering = 0, diversity = 0 }: RerankOptions,
): Promise<Recommender> {
  const { recommender } = model;
  requireShare("tempering", tempering);
  const vectors = await vectorsFor(model, diversity);
  const changes = [
    ...(tempering > 0 ? [`tempering ${tempering}`] : []),
    ...(diversity > 0 ? [`diversity ${diversity}`] : []),
  ];
  if (changes.length === 0) return recommender;
  return {
    ...recommender,
    name: `${recommender.name}, ${changes.join(", ")}`,
    score: async (histories) => {
      const scores = await temperedScores(recommender, histories, tempering);
      if (vectors) {
        for (const [b, { items }] of histories.entries()) {
          const row = scores.subarray(b * recommender.numItems, (b + 1) * recommender.numItems);
          reorder(row, items, vectors, diversity);
        }
      }
      return scores;
    },
  };
}

/** The chosen order becomes one of scores, above all others. */
function reorder(
  row: Float32Array,
  seen: ArrayLike<number>,
  vectors: ItemVectors,
  diversity: number,
): void {
  const excluded = new Uint8Array(row.length);
  for (let i = 0; i < seen.length; i++) excluded[seen[i]] = 1;
  const chosen = diversifiedTopK(row, REORDERED, excluded, vectors, diversity);
  const highest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  for (const [place, item] of chosen.entries()) row[item] = highest + chosen.length - place;
}

function requireShare(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new InputError(`${name}: expected a number from 0 to 1, got ${value}`);
}
