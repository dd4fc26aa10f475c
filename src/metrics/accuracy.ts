/**
 * How well one ranked list finds the items that turned out to be relevant.
 *
 * In every function `ranked` holds items, best first, without repeats; `relevant` is the set `R` to
 * be found; `rel(i)` is 1 if the item at place `i` (from 1) is in `R`, else 0. A list shorter than
 * `k` counts as if misses filled it up. Where `R` is empty, what divides by its size is NaN.
 * A protocol's number is the mean over users.
 */

/** 1 if any of the first `k` is relevant, else 0 (HR@k, also called hit ratio or Hit@k). */
export function hitRateAt(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): number {
  return countHits(ranked, relevant, k) > 0 ? 1 : 0;
}

/** `sum_{i<=k} rel(i) / |R|`. With one relevant item it equals the hit rate. */
export function recallAt(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): number {
  return countHits(ranked, relevant, k) / relevant.size;
}

/** `sum_{i<=k} rel(i) / k`. With one relevant item it is at most `1 / k`. */
export function precisionAt(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): number {
  return countHits(ranked, relevant, k) / k;
}

/**
 * `DCG / IDCG`, where `DCG = sum_{i<=k} rel(i) / log2(i + 1)` and IDCG is the DCG of a list that
 * starts with all of `R` (Järvelin and Kekäläinen, TOIS 2002). With one relevant item at place `r`
 * it is `1 / log2(r + 1)`.
 */
export function ndcgAt(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): number {
  let gain = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) if (relevant.has(ranked[i])) gain += 1 / Math.log2(i + 2);
  let ideal = 0;
  for (let i = 0; i < Math.min(k, relevant.size); i++) ideal += 1 / Math.log2(i + 2);
  return gain / ideal;
}

/** `1 / r` for the first relevant place `r <= k`, else 0 (reciprocal rank; its mean is MRR@k). */
export function mrrAt(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) if (relevant.has(ranked[i])) return 1 / (i + 1);
  return 0;
}

/**
 * `sum_{i<=k} rel(i) precision(i) / |R|` (average precision; its mean is MAP@k). Divides by all of
 * `R`, as trec_eval's `map_cut` and RecTools do; others divide by `min(k, |R|)` or by the hits.
 * With one relevant item all of them equal `mrrAt`.
 */
export function mapAt(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  let hits = 0;
  let sum = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) if (relevant.has(ranked[i])) sum += ++hits / (i + 1);
  return sum / relevant.size;
}

function countHits(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  let hits = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) if (relevant.has(ranked[i])) hits++;
  return hits;
}
