/**
 * Where item embeddings may start instead of at random: the leading factors of who watched what.
 * Items watched by the same people begin close together, which a transformer would otherwise spend
 * its first epochs on, and rare items never reach.
 */
import { createRandom } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { countItems } from "./popularity.ts";

/** More leave the leading factors as they are. */
const NUM_ITERATIONS = 12;

/**
 * The factors of the user-item matrix whose entries are divided by the square roots of the user's
 * and the item's number of interactions (as in spectral co-clustering, Dhillon 2001), by orthogonal
 * iteration. The first factor, which only tells how popular an item is, is left out; each row is
 * scaled to the length that `dim` normal numbers of the given deviation have.
 *
 * @returns `[N, dim]`
 */
export function itemFactors(
  train: Interactions,
  dim: number,
  deviation: number,
  seed: number,
): Float32Array {
  const numItems = train.itemIds.length;
  const width = dim + 1;
  const random = createRandom(seed, "item-factors");
  let factors = Float64Array.from({ length: numItems * width }, () => random.nextNormal());
  const itemScale = Float64Array.from(countItems(train), (count) => 1 / Math.sqrt(count));
  for (let i = 0; i < NUM_ITERATIONS; i++) {
    orthonormalizeColumns(factors, width);
    factors = multiplyByCoOccurrence(train, itemScale, factors, width);
  }
  return scaleRows(factors, numItems, width, deviation * Math.sqrt(dim));
}

/** `S^T S F` for the scaled user-item matrix `S` and factors `F` of `[N, width]`. */
function multiplyByCoOccurrence(
  { offsets, items }: Interactions,
  itemScale: Float64Array,
  factors: Float64Array,
  width: number,
): Float64Array<ArrayBuffer> {
  const product = new Float64Array(factors.length);
  const sum = new Float64Array(width);
  for (let u = 0; u + 1 < offsets.length; u++) {
    sum.fill(0);
    const [start, end] = [offsets[u], offsets[u + 1]];
    for (let row = start; row < end; row++) {
      const at = items[row] * width;
      for (let k = 0; k < width; k++) sum[k] += factors[at + k] * itemScale[items[row]];
    }
    for (let row = start; row < end; row++) {
      const at = items[row] * width;
      const scale = itemScale[items[row]] / (end - start);
      for (let k = 0; k < width; k++) product[at + k] += sum[k] * scale;
    }
  }
  return product;
}

/** Gram and Schmidt's method, column by column of `[N, width]`, in place. */
function orthonormalizeColumns(matrix: Float64Array, width: number): void {
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let at = 0; at < matrix.length; at += width) sum += matrix[at + a] * matrix[at + b];
    return sum;
  };
  for (let column = 0; column < width; column++) {
    for (let other = 0; other < column; other++) {
      const share = dot(column, other);
      for (let at = 0; at < matrix.length; at += width) {
        matrix[at + column] -= share * matrix[at + other];
      }
    }
    const squared = dot(column, column);
    // Few items have fewer factors than columns: the others stay zero.
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let at = column; at < matrix.length; at += width) matrix[at] *= scale;
  }
}

/** Drops the first column and gives each row the same length, or zeros where it has none. */
function scaleRows(
  factors: Float64Array,
  numItems: number,
  width: number,
  rowLength: number,
): Float32Array {
  const columnLength = new Float64Array(width);
  for (let i = 0; i < factors.length; i++) columnLength[i % width] += factors[i] ** 2;
  const rows = new Float32Array(numItems * (width - 1));
  for (let item = 0; item < numItems; item++) {
    const row = factors.subarray(item * width + 1, (item + 1) * width);
    // A column is as long as its eigenvalue: its square root is what both sides of S share.
    const scaled = row.map((value, k) => (value === 0 ? 0 : value / columnLength[k + 1] ** 0.25));
    const length = Math.hypot(...scaled);
    if (length > 0)
      rows.set(
        scaled.map((v) => (v * rowLength) / length),
        item * (width - 1),
      );
  }
  return rows;
}
