/**
 * Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): a list in which each film is good
 * and unlike those before it,
 *
 *   next = argmax over i of (1 - diversity) * relevance(i) - diversity * max over chosen j of cos(i, j)
 *
 * with the scores of the best candidates brought between 0 and 1 as relevance.
 */
import { topK } from "../metrics/top-k.ts";
import { cosine, type ItemVectors } from "./item-vectors.ts";

/** Candidates beyond these are too far down to be worth it. */
const NUM_CANDIDATES = 100;

/**
 * The indices of up to `k` items, in the order in which they are to be shown, out of the 100 that
 * score highest, or as many as `k`.
 * @param scores - `[N]`
 * @param excluded - items with a value other than 0 are passed over: `[N]`.
 * @param diversity - from 0, the order of the scores, to 1, where only unlikeness counts.
 */
export function diversifiedTopK(
  scores: Float32Array,
  k: number,
  excluded: Uint8Array,
  vectors: ItemVectors,
  diversity: number,
): Uint32Array {
  const candidates = topK(scores, Math.max(k, NUM_CANDIDATES), excluded);
  if (diversity === 0 || candidates.length === 0) return candidates.subarray(0, k);
  const relevance = between0And1(Float64Array.from(candidates, (item) => scores[item]));
  const likeness = new Float64Array(candidates.length).fill(-1);
  const isChosen = new Uint8Array(candidates.length);
  const chosen = new Uint32Array(Math.min(k, candidates.length));
  for (let place = 0; place < chosen.length; place++) {
    let best = -1;
    let bestValue = -Infinity;
    for (let c = 0; c < candidates.length; c++) {
      if (isChosen[c]) continue;
      const value = (1 - diversity) * relevance[c] - (place > 0 ? diversity * likeness[c] : 0);
      // Of equals the one with the higher score, which comes first.
      if (value > bestValue) {
        best = c;
        bestValue = value;
      }
    }
    isChosen[best] = 1;
    chosen[place] = candidates[best];
    for (let c = 0; c < candidates.length; c++) {
      likeness[c] = Math.max(likeness[c], cosine(vectors, candidates[c], candidates[best]));
    }
  }
  return chosen;
}

/** The best becomes 1, the worst 0; all 1 where they are equal. */
function between0And1(values: Float64Array): Float64Array {
  const [highest, lowest] = [Math.max(...values), Math.min(...values)];
  return values.map((value) => (highest > lowest ? (value - lowest) / (highest - lowest) : 1));
}
