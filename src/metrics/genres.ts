/**
 * How close in genre a list is to the film that was chosen: a near miss counts for something.
 *
 * A film's gain is the Jaccard index of its genres and the target's, `|A ∩ B| / |A ∪ B|`: 1 for the
 * target itself, 0 where nothing is shared. A target without genres has no such measure.
 */

/** The films of a catalog grouped by equal genres, so that gains are computed once a group. */
export interface GenreGroups {
  /** The group of each itemIndex: `[N]`. */
  readonly groupOf: Uint32Array;
  /** The genres of each group, sorted, without repeats. */
  readonly genresOf: readonly (readonly string[])[];
}

/** @param genres - the genres of each itemIndex: `[N]`. */
export function groupByGenres(genres: readonly (readonly string[])[]): GenreGroups {
  const groupOf = new Uint32Array(genres.length);
  const genresOf: string[][] = [];
  const groups = new Map<string, number>();
  for (const [item, names] of genres.entries()) {
    const sorted = [...new Set(names)].sort();
    const key = JSON.stringify(sorted);
    const group = groups.get(key) ?? genresOf.push(sorted) - 1;
    groups.set(key, group);
    groupOf[item] = group;
  }
  return { groupOf, genresOf };
}

/** Jaccard index of two sets of genres, 0 where both are empty. */
export function genreJaccard(a: readonly string[], b: readonly string[]): number {
  const left = new Set(a);
  const union = new Set([...a, ...b]);
  let shared = 0;
  for (const name of new Set(b)) if (left.has(name)) shared++;
  return union.size === 0 ? 0 : shared / union.size;
}

/**
 * The gain of every film of the catalog for one target: `[N]`. Gains are worked out once for each
 * two groups; the array is reused, copy what you keep.
 */
export function createGenreGains(groups: GenreGroups): (target: number) => Float64Array {
  const { groupOf, genresOf } = groups;
  const known = new Map<number, Float64Array>();
  const gains = new Float64Array(groupOf.length);
  return (target) => {
    const group = groupOf[target];
    const gainOf =
      known.get(group) ??
      Float64Array.from(genresOf, (genres) => genreJaccard(genres, genresOf[group]));
    known.set(group, gainOf);
    for (let item = 0; item < gains.length; item++) gains[item] = gainOf[groupOf[item]];
    return gains;
  };
}

/**
 * Share of the first `k` that has a genre in common with the target:
 * `|{i <= k : gain(i) > 0}| / k`.
 * @param rankedGains - the gains of a ranked list, in its order.
 */
export function genrePrecisionAt(rankedGains: ArrayLike<number>, k: number): number {
  const end = Math.min(k, rankedGains.length);
  let count = 0;
  for (let i = 0; i < end; i++) if (rankedGains[i] > 0) count++;
  return count / k;
}

/**
 * `DCG / IDCG` with `DCG = sum_{i<=k} gain(i) / log2(i + 1)` (linear gain, Järvelin and Kekäläinen,
 * TOIS 2002); NaN where the ideal is 0.
 * @param rankedGains - the gains of a ranked list, in its order.
 * @param idealGains - the `k` greatest gains among all candidates, greatest first.
 */
export function genreNdcgAt(
  rankedGains: ArrayLike<number>,
  idealGains: ArrayLike<number>,
  k: number,
): number {
  return discountedGain(rankedGains, k) / discountedGain(idealGains, k);
}

/**
 * How unlike in genre the first `k` films of a list are: the mean of `1 - Jaccard` over all pairs
 * (intra-list distance, Ziegler et al., WWW 2005), from 0 to 1; NaN for fewer than two films.
 * @param distance - of two items, as `createGenreDistance` makes it.
 */
export function intraListDistanceAt(
  ranked: ArrayLike<number>,
  distance: (a: number, b: number) => number,
  k: number,
): number {
  const end = Math.min(k, ranked.length);
  let sum = 0;
  for (let i = 0; i < end; i++) {
    for (let j = 0; j < i; j++) sum += distance(ranked[i], ranked[j]);
  }
  return sum / ((end * (end - 1)) / 2);
}

/** `1 - Jaccard` of two items' genres, worked out once for each two groups. */
export function createGenreDistance({
  groupOf,
  genresOf,
}: GenreGroups): (a: number, b: number) => number {
  const known = new Map<number, number>();
  return (a, b) => {
    const [first, second] = [groupOf[a], groupOf[b]];
    const key = first * genresOf.length + second;
    let distance = known.get(key);
    if (distance === undefined) {
      distance = 1 - genreJaccard(genresOf[first], genresOf[second]);
      known.set(key, distance);
    }
    return distance;
  };
}

function discountedGain(gains: ArrayLike<number>, k: number): number {
  const end = Math.min(k, gains.length);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += gains[i] / Math.log2(i + 2);
  return sum;
}
