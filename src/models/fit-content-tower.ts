/**
 * The tower for films that came after training is read off in closed form when training ends, by
 * ridge regression of the trained rows and biases on content and its pairs ("comedy and romance").
 * What `content-rows.ts` learns by gradients serves the films that are watched: it follows the popular
 * ones, and ranks newcomers worse.
 *
 * Shapes: `F` content features, `P` columns of the regression, `D` embedding.
 */
import type { FeatureEncoding } from "../data/features/feature-encoding.ts";
import type { Runtime } from "../runtime/session.ts";
import type { ItemContent } from "./content-rows.ts";
import { type ContentTower, columnsOf, type Pair, rowsByContent } from "./content-tower.ts";
import type { ItemRows } from "./grow-network.ts";
import { createInverter } from "./invert.ts";

/** Chosen on films of 1997 and 1998 that a training on ml-100k held out (`docs/log.md`). */
const RIDGE = 30;

/** Of the features that films have in common, the pairs that most have; rarer ones say little. */
const MIN_PAIR_ITEMS = 5;
const MAX_PAIRS = 256;

/**
 * @param rows - what was learnt of the items: `[N, D]` and `[N]`.
 * @param counts - training interactions of each: `[N]`; a film of `n` weighs `n / (n + 1)`.
 */
export async function fitContentTower(
  runtime: Runtime,
  { encoding, content }: { readonly encoding: FeatureEncoding; readonly content: ItemContent },
  { vectors, biases }: ItemRows,
  counts: ArrayLike<number>,
): Promise<ContentTower> {
  const pairs = commonPairs(content);
  const numColumns = 1 + content.numFeatures + pairs.length;
  const dim = vectors.length / biases.length;
  const gram = new Float64Array(numColumns * numColumns);
  const moments = new Float64Array(numColumns * (dim + 1));
  for (let item = 0; item < biases.length; item++) {
    const columns = columnsOf(content, item, pairs);
    const weight = counts[item] / (counts[item] + 1);
    for (const [a, x] of columns) {
      for (const [b, y] of columns) gram[a * numColumns + b] += weight * x * y;
      for (let k = 0; k < dim; k++) {
        moments[a * (dim + 1) + k] += weight * x * vectors[item * dim + k];
      }
      moments[a * (dim + 1) + dim] += weight * x * biases[item];
    }
  }
  // All but the constant, which need not be small; its trifle keeps the matrix definite.
  for (let a = 0; a < numColumns; a++) gram[a * numColumns + a] += a === 0 ? 1e-6 : RIDGE;
  const inverter = await createInverter(runtime);
  await inverter.invert(gram, numColumns).finally(() => inverter.dispose());
  const weights = multiply(gram, moments, numColumns, dim + 1);
  const tower = { encoding, pairs, weights };
  weights[dim] += smearing(biases, rowsByContent(tower, content).biases, counts);
  return tower;
}

/**
 * What a bias must gain for popularities to come out right on average: biases are their logarithms,
 * and the mean of logarithms is less than the logarithm of the mean (Duan's smearing, JASA 1983).
 */
function smearing(
  biases: Float32Array,
  predicted: Float32Array,
  counts: ArrayLike<number>,
): number {
  let [actual, expected] = [0, 0];
  for (const [item, bias] of biases.entries()) {
    if (counts[item] === 0) continue;
    actual += Math.exp(bias);
    expected += Math.exp(predicted[item]);
  }
  return Math.log(actual / expected);
}

function commonPairs({ numFeatures, values }: ItemContent): Pair[] {
  const counts = new Map<number, number>();
  for (let start = 0; start < values.length; start += numFeatures) {
    const row = values.subarray(start, start + numFeatures);
    const present = Array.from(row.keys()).filter((f) => row[f] !== 0);
    for (const [i, a] of present.entries()) {
      for (const b of present.slice(i + 1)) {
        const key = a * numFeatures + b;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return [...counts]
    .filter(([, count]) => count >= MIN_PAIR_ITEMS)
    .sort(([keyA, a], [keyB, b]) => b - a || keyA - keyB)
    .slice(0, MAX_PAIRS)
    .map(([key]): Pair => [Math.floor(key / numFeatures), key % numFeatures]);
}

/** `[P, P]` times `[P, C]`. */
function multiply(a: Float64Array, b: Float64Array, size: number, width: number): Float32Array {
  const product = new Float32Array(size * width);
  for (let i = 0; i < size; i++) {
    const row = new Float64Array(width);
    for (let j = 0; j < size; j++) {
      const value = a[i * size + j];
      for (let k = 0; k < width; k++) row[k] += value * b[j * width + k];
    }
    product.set(row, i * width);
  }
  return product;
}
