/**
 * Negatives for sampled losses: items drawn with replacement, with the probability of each draw.
 */
import { InputError } from "../common/errors.ts";
import type { Random } from "../common/random.ts";

/** "log-uniform" draws the item of popularity rank `r` in proportion to about `1 / r` (Zipf). */
export type NegativeDistribution = "uniform" | "log-uniform";

export interface NegativeDraws {
  /** The itemIndex of each draw: `[K]`. */
  readonly items: Int32Array;
  /** The natural logarithm of the probability of hitting that item in one draw: `[K]`. */
  readonly logProbabilities: Float32Array;
}

export interface NegativeSampler {
  draw(numNegatives: number, random: Random): NegativeDraws;
}

/**
 * @param counts - how often each item occurs in training: `[N]`. The uniform distribution reads its
 *   length only; the log-uniform one the order of items by falling count, ties by itemIndex.
 */
export function createNegativeSampler(
  distribution: NegativeDistribution,
  counts: ArrayLike<number>,
): NegativeSampler {
  if (counts.length === 0) throw new InputError("negatives: the catalog has no items to draw from");
  return distribution === "uniform"
    ? uniformSampler(counts.length)
    : logUniformSampler(byFallingCount(counts));
}

function uniformSampler(numItems: number): NegativeSampler {
  return {
    draw: (numNegatives, random) => ({
      items: Int32Array.from({ length: numNegatives }, () => random.nextInt(numItems)),
      logProbabilities: new Float32Array(numNegatives).fill(-Math.log(numItems)),
    }),
  };
}

/**
 * `P(r) = (log(r + 2) - log(r + 1)) / log(N + 1)` for ranks `r` from 0, as TensorFlow's
 * `log_uniform_candidate_sampler`; `floor((N + 1)^u) - 1` with `u` uniform is distributed so.
 */
function logUniformSampler(itemOfRank: Int32Array): NegativeSampler {
  const logRange = Math.log(itemOfRank.length + 1);
  return {
    draw: (numNegatives, random) => {
      const items = new Int32Array(numNegatives);
      const logProbabilities = new Float32Array(numNegatives);
      for (let k = 0; k < numNegatives; k++) {
        const raw = Math.floor(Math.exp(random.next() * logRange)) - 1;
        const rank = Math.min(raw, itemOfRank.length - 1); // Rounding may reach N.
        items[k] = itemOfRank[rank];
        logProbabilities[k] = Math.log(Math.log1p(1 / (rank + 1)) / logRange);
      }
      return { items, logProbabilities };
    },
  };
}

function byFallingCount(counts: ArrayLike<number>): Int32Array {
  const items = Int32Array.from({ length: counts.length }, (_, item) => item);
  return items.sort((a, b) => counts[b] - counts[a] || a - b);
}
