/**
 * Ranks every target among its candidates, in batches of users.
 */
import { InputError } from "../common/errors.ts";
import type { FeatureTable } from "../data/features/feature-set.ts";
import type { Split } from "../data/split.ts";
import { keepTimes } from "../data/time-gaps.ts";
import { topK } from "../metrics/top-k.ts";
import type { History, Recommender } from "../models/recommender.ts";
import { createHideItems } from "./candidates.ts";
import { listTargets, type Target } from "./histories.ts";
import type { ProtocolOptions } from "./protocol.ts";

export interface RankOptions extends ProtocolOptions {
  /** How many targets are scored at once. Default: 128. */
  readonly batchSize?: number;
  /**
   * The model's index of each itemIndex of the dataset, -1 where the model does not know the item:
   * `[N]`. Default: both have the same items in the same order.
   */
  readonly modelItemOf?: Int32Array;
  /** What is known of users, by outside id, for a model that reads it. Default: nothing. */
  readonly userFeatures?: FeatureTable["rows"] | undefined;
  /** Called after every batch. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A target with its place and what stood before it. The arrays are reused: copy what you keep. */
export interface RankedTarget extends Target {
  /** Its place among all targets, in the order of `listTargets`. */
  readonly index: number;
  /** Whether the model knows the target. One that it does not know has no rank. */
  readonly isKnown: boolean;
  /** 1 + the number of other candidates that score as high or higher; Infinity if unknown. */
  readonly rank: number;
  /** The best candidates, best first; among equal scores the target comes last. */
  readonly ranked: Uint32Array;
  /** 0 for each candidate of this target, 1 for all other items: `[N]`. */
  readonly hidden: Uint8Array;
  /** How many candidates compete with the target. */
  readonly numCompetitors: number;
  /** Items of the history that the model does not know and was not shown. */
  readonly numUnknownItems: number;
}

/**
 * @param counts - training interactions of each item: `[N]`.
 * @param listLength - how many of the best candidates `ranked` holds.
 * @param visit - called once for each target, those with short histories first.
 * @throws InputError when a score is not a number or the model ranks another catalog.
 */
export async function rankTargets(
  recommender: Recommender,
  split: Split,
  options: RankOptions,
  counts: ArrayLike<number>,
  listLength: number,
  visit: (target: RankedTarget) => void,
): Promise<void> {
  const { batchSize = 128, userFeatures, onProgress } = options;
  const { itemIds, userIds, timestamps } = split.interactions;
  const numItems = itemIds.length;
  requireSameCatalog(recommender, numItems, options.modelItemOf);
  const modelItemOf = withoutNewItems(recommender, split, options.modelItemOf, counts);
  const targets = listTargets(split, options);
  const hideItems = createHideItems(split, options, counts);
  const hidden = new Uint8Array(numItems);
  const order = sortByHistoryLength(targets);
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.subarray(start, start + batchSize);
    const histories = Array.from(batch, (i) => ({
      ...toModelHistory(targets[i], modelItemOf),
      user: userFeatures?.get(userIds[targets[i].userIndex]),
      time: timestamps?.[targets[i].row],
    }));
    const scores = await scoreBatch(recommender, histories);
    for (const [b, index] of batch.entries()) {
      const target = targets[index];
      const modelRow = scores.subarray(b * recommender.numItems, (b + 1) * recommender.numItems);
      const row = toDatasetScores(modelRow, modelItemOf);
      const numCompetitors = hideItems(target, hidden);
      const where = `${recommender.name}, user ${userIds[target.userIndex]}`;
      const unranked = hideUnknown(hidden, modelItemOf);
      const { rank, ranked } = rankTarget(row, target.item, unranked, listLength, where);
      const isKnown = rank < Infinity;
      const numUnknownItems = target.history.length - histories[b].items.length;
      visit({ ...target, index, isKnown, rank, ranked, hidden, numCompetitors, numUnknownItems });
    }
    onProgress?.(start + batch.length, order.length);
  }
}

function requireSameCatalog(
  recommender: Recommender,
  numItems: number,
  modelItemOf: Int32Array | undefined,
): void {
  const expected = modelItemOf === undefined ? recommender.numItems : modelItemOf.length;
  if (expected === numItems) return;
  const what = modelItemOf === undefined ? `${recommender.name} ranks` : "modelItemOf maps";
  throw new InputError(
    `evaluate: ${what} ${expected} items, the data set has ${numItems}; map its items to the model's by modelItemOf`,
  );
}

/**
 * Under a split by time the model could not have known items that came later: they are unknown to
 * it, though the catalog that it was made with has them.
 */
export function withoutNewItems(
  { knowsNewItems = false }: Recommender,
  { kind, interactions }: Split,
  modelItemOf: Int32Array | undefined,
  counts: ArrayLike<number>,
): Int32Array | undefined {
  if (kind !== "by-time" || knowsNewItems) return modelItemOf;
  return Int32Array.from(interactions.itemIds, (_, item) =>
    counts[item] === 0 ? -1 : (modelItemOf?.[item] ?? item),
  );
}

/** Batches of like lengths need little padding. */
function sortByHistoryLength(targets: readonly Target[]): Uint32Array {
  const order = Uint32Array.from(targets.keys());
  return order.sort((a, b) => targets[a].history.length - targets[b].history.length || a - b);
}

/** What of a history the model knows, as its own items. */
export function toModelHistory(
  { history, ratings, ...target }: Omit<Target, "userIndex" | "item" | "row">,
  modelItemOf: Int32Array | undefined,
): Pick<History, "ratings" | "gaps" | "nextGap"> & { readonly items: Uint32Array } {
  const { gaps, nextGap } = target;
  if (modelItemOf === undefined) return { items: history, ratings, gaps, nextGap };
  const isKnown = (i: number): boolean => modelItemOf[history[i]] >= 0;
  return {
    items: history.filter((_, i) => isKnown(i)).map((item) => modelItemOf[item]),
    ratings: ratings?.filter((_, i) => isKnown(i)),
    ...keepTimes({ gaps, nextGap }, isKnown),
  };
}

/** @throws InputError when the model returns another number of scores. */
export async function scoreBatch(
  recommender: Recommender,
  histories: readonly History[],
): Promise<Float32Array> {
  const scores = await recommender.score(histories);
  const expected = histories.length * recommender.numItems;
  if (scores.length === expected) return scores;
  throw new InputError(
    `evaluate: ${recommender.name} returned ${scores.length} scores for ${histories.length} histories and ${recommender.numItems} items, expected ${expected}`,
  );
}

/** Scores by itemIndex of the dataset; what the model does not know is left at 0 and hidden. */
export function toDatasetScores(
  row: Float32Array,
  modelItemOf: Int32Array | undefined,
): Float32Array {
  if (modelItemOf === undefined) return row;
  const scores = new Float32Array(modelItemOf.length);
  for (let i = 0; i < scores.length; i++) if (modelItemOf[i] >= 0) scores[i] = row[modelItemOf[i]];
  return scores;
}

/** What the model does not know is not ranked. */
export function hideUnknown(hidden: Uint8Array, modelItemOf: Int32Array | undefined): Uint8Array {
  if (modelItemOf === undefined) return hidden;
  return hidden.map((value, item) => (modelItemOf[item] < 0 ? 1 : value));
}

/**
 * The target's place and the list that contains it there.
 * @param unranked - items with a value other than 0 are not ranked: `[N]`; a target so marked is
 *   unknown to the model.
 * @param where - names the model and the user in an error.
 */
export function rankTarget(
  scores: Float32Array,
  target: number,
  unranked: Uint8Array,
  listLength: number,
  where: string,
): { rank: number; ranked: Uint32Array } {
  const isKnown = unranked[target] === 0;
  const rank = 1 + countAhead(scores, target, unranked, where);
  if (!isKnown) return { rank: Infinity, ranked: topK(scores, listLength, unranked) };
  unranked[target] = 1;
  const others = topK(scores, listLength, unranked);
  unranked[target] = 0;
  if (rank > listLength) return { rank, ranked: others };
  const ranked = new Uint32Array(Math.min(listLength, others.length + 1));
  ranked.set(others.subarray(0, ranked.length));
  ranked.copyWithin(rank, rank - 1);
  ranked[rank - 1] = target;
  return { rank, ranked };
}

/** How many others score as high as the target or higher. */
function countAhead(
  scores: Float32Array,
  target: number,
  unranked: Uint8Array,
  where: string,
): number {
  const limit = scores[target];
  let ahead = 0;
  let ranked = 0;
  let numbers = 0;
  // Sums of comparisons: half of all branches here would be guessed wrong.
  for (let item = 0; item < scores.length; item++) {
    const isRanked = Number(unranked[item] === 0);
    const score = scores[item];
    ranked += isRanked;
    ahead += isRanked & Number(score >= limit);
    numbers += isRanked & Number(!Number.isNaN(score));
  }
  if (numbers < ranked) requireNumbers(scores, unranked, where);
  return ahead - Number(unranked[target] === 0);
}

/** @throws InputError when the score of something that is ranked is not a number. */
export function requireNumbers(scores: Float32Array, unranked: Uint8Array, where: string): void {
  const item = scores.findIndex((score, i) => unranked[i] === 0 && Number.isNaN(score));
  if (item < 0) return;
  throw new InputError(
    `${where}: the score of item index ${item} is not a number; the model is damaged or its training diverged, train it again`,
  );
}
