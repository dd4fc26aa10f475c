/**
 * Item-kNN: films that share viewers with those in the history (Sarwar et al., WWW 2001), with the
 * cosine of the two films' sets of users, shrunk where few support it:
 *
 *   sim(i, j) = |U_i ∩ U_j| / (sqrt(|U_i| |U_j|) + shrinkage)
 *
 * Each film of the history votes for its own nearest neighbours, as in Linden, Smith and York
 * (2003). The shrinkage follows Ferrari Dacrema et al. (RecSys 2019), where a tuned item-kNN
 * outdid most of the neural models it was compared with. To an empty history, which votes for
 * nothing, it says what is popular.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import { topK } from "../metrics/top-k.ts";
import { addCoOccurrences, type Lists, uniqueItemsByUser, usersByItem } from "./co-occurrence.ts";
import { popularityShares } from "./popularity.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";

import type { Weight } from "./weights.ts";

export interface ItemKnnOptions {
  /** How many neighbours each film keeps, at least 1. */
  readonly numNeighbors: number;
  /** Added to the cosine's denominator, at least 0; larger values trust rare films less. */
  readonly shrinkage: number;
  /**
   * The film `t` places before the last votes with weight `recency ** t`; above 0, at most 1.
   * Default: 1, all alike. Below 1 is our addition: order matters to what is watched next.
   */
  readonly recency?: number;
}

export interface ItemKnnWeights {
  readonly kind: "item-knn";
  readonly options: Required<ItemKnnOptions>;
  readonly tensors: {
    /** Where the neighbours of each item start: `[N + 1]`. */
    readonly offsets: Weight<"int32">;
    /** Item indices, nearest first: `[offsets[N]]`. */
    readonly neighbors: Weight<"int32">;
    /** Their similarities, all above 0. */
    readonly similarities: Weight<"float32">;
    /** The scores of an empty history: `[N]`. */
    readonly prior: Weight<"float32">;
  };
}

/** Time grows with the sum of squared history lengths, memory with `N * numNeighbors`. */
export function fitItemKnn(train: Interactions, options: ItemKnnOptions): ItemKnnWeights {
  const { numNeighbors, shrinkage, recency = 1 } = options;
  requireValidOptions(numNeighbors, shrinkage, recency);
  const numItems = train.itemIds.length;
  const items = uniqueItemsByUser(train);
  const users = usersByItem(items, numItems);
  const lists = train.itemIds.map((_, item) => {
    const row = similarityRow(item, items, users, shrinkage);
    const neighbors = topK(row, numNeighbors).filter((neighbor) => row[neighbor] > 0);
    return { neighbors, similarities: Float32Array.from(neighbors, (i) => row[i]) };
  });
  return {
    kind: "item-knn",
    options: { numNeighbors, shrinkage, recency },
    tensors: { ...concatenate(lists), prior: popularityShares(train) },
  };
}

/** The neighbours of each item, nearest first. */
interface Neighbors {
  readonly neighbors: Uint32Array;
  readonly similarities: Float32Array;
}

function concatenate(lists: readonly Neighbors[]): Omit<ItemKnnWeights["tensors"], "prior"> {
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i] + list.neighbors.length;
  const total = offsets[lists.length];
  const neighbors = new Int32Array(total);
  const similarities = new Float32Array(total);
  for (const [i, list] of lists.entries()) {
    neighbors.set(list.neighbors, offsets[i]);
    similarities.set(list.similarities, offsets[i]);
  }
  return {
    offsets: { dtype: "int32", shape: [offsets.length], data: offsets },
    neighbors: { dtype: "int32", shape: [total], data: neighbors },
    similarities: { dtype: "float32", shape: [total], data: similarities },
  };
}

function requireValidOptions(numNeighbors: number, shrinkage: number, recency: number): void {
  if (!Number.isInteger(numNeighbors) || numNeighbors < 1) {
    throw new InputError(
      `item-knn: numNeighbors must be a whole number from 1, got ${numNeighbors}`,
    );
  }
  if (!(shrinkage >= 0 && shrinkage < Infinity)) {
    throw new InputError(`item-knn: shrinkage must be a number from 0, got ${shrinkage}`);
  }
  if (!(recency > 0 && recency <= 1)) {
    throw new InputError(`item-knn: recency must be above 0 and at most 1, got ${recency}`);
  }
}

/** Similarity of one item to every other, 0 to itself: `[N]`. */
function similarityRow(item: number, items: Lists, users: Lists, shrinkage: number): Float64Array {
  const numItems = users.offsets.length - 1;
  const row = new Float64Array(numItems);
  addCoOccurrences(item, items, users, row);
  const count = row[item];
  row[item] = 0;
  for (let other = 0; other < numItems; other++) {
    if (row[other] === 0) continue;
    const otherCount = users.offsets[other + 1] - users.offsets[other];
    row[other] /= Math.sqrt(count * otherCount) + shrinkage;
  }
  return row;
}

export function createItemKnnRecommender(weights: ItemKnnWeights): Recommender {
  const offsets = weights.tensors.offsets.data;
  const neighbors = weights.tensors.neighbors.data;
  const similarities = weights.tensors.similarities.data;
  const prior = weights.tensors.prior.data;
  const { recency } = weights.options;
  return createRowRecommender("item-knn", offsets.length - 1, (items, row) => {
    if (items.length === 0) row.set(prior);
    const voted = new Set<number>();
    let weight = 1;
    // From the last film backwards, so that of a repeated one the latest place counts.
    for (let t = items.length - 1; t >= 0; t--, weight *= recency) {
      const item = items[t];
      if (voted.has(item)) continue;
      voted.add(item);
      const end = offsets[item + 1];
      for (let n = offsets[item]; n < end; n++) row[neighbors[n]] += weight * similarities[n];
    }
  });
}
