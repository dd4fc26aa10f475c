/**
 * How much of the catalog the lists reach, and how well known are the items they name.
 */

/**
 * Share of the catalog that is among the first `k` of at least one list:
 * `|union of the lists' first k| / N`. It grows with the number of lists, so it compares models on
 * the same users only.
 */
export function coverageAt(
  lists: Iterable<ArrayLike<number>>,
  k: number,
  numItems: number,
): number {
  const covered = new Set<number>();
  for (const ranked of lists) {
    const end = Math.min(k, ranked.length);
    for (let i = 0; i < end; i++) covered.add(ranked[i]);
  }
  return covered.size / numItems;
}

/**
 * Mean count of the first `k` items of a list, with `counts[item]` the interactions an item has in
 * training; 0 for an empty list.
 */
export function meanPopularityAt(
  ranked: ArrayLike<number>,
  counts: ArrayLike<number>,
  k: number,
): number {
  const end = Math.min(k, ranked.length);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += counts[ranked[i]];
  return end === 0 ? 0 : sum / end;
}
