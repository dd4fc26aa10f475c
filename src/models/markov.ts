/**
 * First-order Markov chain: what was watched right after the last film, among everyone. What a
 * sequence model must outdo before its memory of older films counts for anything. Rare films are
 * smoothed with popularity (a Dirichlet prior, as in Zhai & Lafferty, SIGIR 2001):
 *
 *   score(j | i) = (c_ij + smoothing * p_j) / (c_i + smoothing)
 *
 * with `c_ij` how often `j` came right after `i`, `c_i` its sum over `j`, `p_j` the share of `j`
 * among all interactions.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import { countItems } from "./popularity.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";
import type { Weight } from "./weights.ts";

export interface MarkovOptions {
  /** How many transitions the prior is worth, above 0. */
  readonly smoothing: number;
}

export interface MarkovWeights {
  readonly kind: "markov";
  readonly options: MarkovOptions;
  readonly tensors: {
    /** Where the successors of each item start: `[N + 1]`. */
    readonly offsets: Weight<"int32">;
    /** What came right after each item: `[offsets[N]]`. */
    readonly successors: Weight<"int32">;
    /** `c_ij / (c_i + smoothing)` of each. */
    readonly shares: Weight<"float32">;
    /** `smoothing / (c_i + smoothing)`: `[N]`. */
    readonly rests: Weight<"float32">;
    /** `p_j`: `[N]`. */
    readonly prior: Weight<"float32">;
  };
}

/** @throws InputError when the smoothing is out of range. */
export function fitMarkov(train: Interactions, { smoothing }: MarkovOptions): MarkovWeights {
  if (!(smoothing > 0 && smoothing < Infinity)) {
    throw new InputError(`markov: smoothing must be a number above 0, got ${smoothing}`);
  }
  const rows = countTransitions(train);
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i] + row.size;
  const successors = new Int32Array(offsets[rows.length]);
  const shares = new Float32Array(successors.length);
  const totals = new Float64Array(rows.length);
  for (const [i, row] of rows.entries()) {
    totals[i] = smoothing;
    for (const count of row.values()) totals[i] += count;
    let at = offsets[i];
    for (const [item, count] of row) {
      successors[at] = item;
      shares[at++] = count / totals[i];
    }
  }
  const size = train.items.length;
  return {
    kind: "markov",
    options: { smoothing },
    tensors: {
      offsets: { dtype: "int32", shape: [offsets.length], data: offsets },
      successors: { dtype: "int32", shape: [successors.length], data: successors },
      shares: vector(shares),
      rests: vector(Float32Array.from(totals, (total) => smoothing / total)),
      prior: vector(Float32Array.from(countItems(train), (count) => count / size)),
    },
  };
}

function vector(data: Float32Array): Weight<"float32"> {
  return { dtype: "float32", shape: [data.length], data };
}

/** By item, how often each other came right after it, in the order they first did. */
function countTransitions({ offsets, items, itemIds }: Interactions): Map<number, number>[] {
  const counts = itemIds.map(() => new Map<number, number>());
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]; row + 1 < offsets[u + 1]; row++) {
      const after = counts[items[row]];
      after.set(items[row + 1], (after.get(items[row + 1]) ?? 0) + 1);
    }
  }
  return counts;
}

/** Of someone nothing is known of the prior alone. */
export function createMarkovRecommender({ tensors }: MarkovWeights): Recommender {
  const [offsets, successors, shares, rests, prior] = [
    tensors.offsets.data,
    tensors.successors.data,
    tensors.shares.data,
    tensors.rests.data,
    tensors.prior.data,
  ];
  return createRowRecommender("markov", prior.length, (items, row) => {
    const last = items.length > 0 ? items[items.length - 1] : null;
    const rest = last === null ? 1 : rests[last];
    for (let j = 0; j < row.length; j++) row[j] = rest * prior[j];
    if (last === null) return;
    for (let n = offsets[last]; n < offsets[last + 1]; n++) row[successors[n]] += shares[n];
  });
}
