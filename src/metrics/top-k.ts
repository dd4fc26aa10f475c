/**
 * The best k of many scores, in order: what every recommendation list and every metric starts from.
 */
import { InputError } from "../common/errors.ts";

/**
 * The indices of the `k` highest scores, best first; of equal scores the lower index comes first.
 * Fewer than `k` where not enough candidates are left.
 * @param scores - one score for each index: `[N]`. `-Infinity` is a score, NaN is not.
 * @param excluded - indices with a value other than 0 here are passed over: `[N]`.
 * @throws InputError when the score of a candidate is not a number.
 */
export function topK(
  scores: ArrayLike<number>,
  k: number,
  excluded?: ArrayLike<number>,
): Uint32Array {
  // A heap with the worst of the best on top: O(N log k), and nearly O(N) on shuffled scores.
  const heap = new Uint32Array(Math.min(k, scores.length));
  let size = 0;
  for (let index = 0; index < scores.length; index++) {
    if (excluded !== undefined && excluded[index] !== 0) continue;
    if (Number.isNaN(scores[index])) throw new InputError(describeNaN(index));
    if (size < heap.length) siftUp(scores, heap, size++, index);
    else if (size > 0 && isBetter(scores, index, heap[0])) siftDown(scores, heap, size, index);
  }
  return heap.subarray(0, size).sort((a, b) => (isBetter(scores, a, b) ? -1 : 1));
}

function describeNaN(index: number): string {
  return `topK: the score of item index ${index} is not a number; the model or its input is damaged`;
}

function isBetter(scores: ArrayLike<number>, a: number, b: number): boolean {
  return scores[a] > scores[b] || (scores[a] === scores[b] && a < b);
}

/** Places `index` at the end of the heap and lifts it above what is better. */
function siftUp(scores: ArrayLike<number>, heap: Uint32Array, end: number, index: number): void {
  let at = end;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (!isBetter(scores, heap[parent], index)) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = index;
}

/** Replaces the top by `index` and sinks it below what is worse. */
function siftDown(scores: ArrayLike<number>, heap: Uint32Array, size: number, index: number): void {
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && isBetter(scores, heap[child], heap[child + 1])) child++;
    if (!isBetter(scores, index, heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = index;
}
