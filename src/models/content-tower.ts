/**
 * The tower from what is known of a film to its vector and its bias: for films that came after
 * training, whose rows no viewer could shape.
 *
 * It is read off in closed form when training ends, by ridge regression of the trained rows and
 * biases on content and its pairs ("comedy and romance"). What `content-rows.ts` learns by gradients
 * serves the films that are watched: it follows the popular ones, and ranks newcomers worse.
 *
 * Shapes: `F` content features, `P` columns of the regression, `D` embedding.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import {
  encodingWidth,
  type FeatureEncoding,
  featureEncodingSchema,
} from "../data/features/feature-encoding.ts";
import type { Runtime } from "../runtime/session.ts";
import type { ItemContent } from "./content-rows.ts";
import type { ItemRows } from "./grow-network.ts";
import { createInverter } from "./invert.ts";

/** The file of a bundle that holds it. */
export const CONTENT_FILE = "content.json";

export const CONTENT_FORMAT_VERSION = 1;

/** Two features, by their columns. */
type Pair = readonly [number, number];

export interface ContentTower {
  /** Of the features, in the order of the columns. */
  readonly encoding: FeatureEncoding;
  /** Their products are columns as well, behind a constant and the features. */
  readonly pairs: readonly Pair[];
  /** Vector and, last, bias for each column: `[P, D + 1]`. */
  readonly weights: Float32Array;
}

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

/** The columns of an item that are not 0: a constant, its features, and their pairs. */
function columnsOf(
  { numFeatures, values }: ItemContent,
  item: number,
  pairs: readonly Pair[],
): (readonly [column: number, value: number])[] {
  const row = values.subarray(item * numFeatures, (item + 1) * numFeatures);
  const columns: (readonly [number, number])[] = [[0, 1]];
  for (const [f, value] of row.entries()) if (value !== 0) columns.push([1 + f, value]);
  for (const [p, [a, b]] of pairs.entries()) {
    const value = row[a] * row[b];
    if (value !== 0) columns.push([1 + numFeatures + p, value]);
  }
  return columns;
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

/** Vectors and biases of items by their content alone; of unknown content, what is usual. */
export function rowsByContent({ pairs, weights }: ContentTower, content: ItemContent): ItemRows {
  const { numFeatures, values } = content;
  const dim = weights.length / (1 + numFeatures + pairs.length) - 1;
  const numItems = values.length / numFeatures;
  const rows = { vectors: new Float32Array(numItems * dim), biases: new Float32Array(numItems) };
  for (let item = 0; item < numItems; item++) {
    for (const [column, value] of columnsOf(content, item, pairs)) {
      const own = weights.subarray(column * (dim + 1), (column + 1) * (dim + 1));
      for (let k = 0; k < dim; k++) rows.vectors[item * dim + k] += value * own[k];
      rows.biases[item] += value * own[dim];
    }
  }
  return rows;
}

const column = z.number().int().nonnegative();

const towerSchema = z.object({
  formatVersion: z.literal(CONTENT_FORMAT_VERSION),
  encoding: featureEncodingSchema,
  pairs: z.array(z.tuple([column, column])),
  /** float32, little-endian, in base64. */
  weights: z.base64(),
});

/** The content of `content.json`. */
export function formatContentTower({ encoding, pairs, weights }: ContentTower): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const written = { encoding, pairs, weights: Buffer.from(bytes).toString("base64") };
  return `${JSON.stringify({ formatVersion: CONTENT_FORMAT_VERSION, ...written })}\n`;
}

/**
 * @param text - of `content.json`.
 * @param embeddingDim - of the model's item vectors: `D`.
 * @throws InputError when it is damaged, newer, or not of this model.
 */
export function parseContentTower(text: string, embeddingDim: number, where: string): ContentTower {
  const { encoding, pairs, weights: base64 } = parse(text, where);
  const weights = new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
  const numFeatures = encodingWidth(encoding);
  const expected = (1 + numFeatures + pairs.length) * (embeddingDim + 1);
  const isInside = pairs.every((pair) => pair.every((feature) => feature < numFeatures));
  if (weights.length === expected && isInside) return { encoding, pairs, weights };
  throw new InputError(
    `${where}: expected ${expected} weights over ${numFeatures} features, got ${weights.length}` +
      `${isInside ? "" : " and pairs of others"}; the bundle is damaged, get it again`,
  );
}

function parse(text: string, where: string): z.infer<typeof towerSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: not JSON (${(error as Error).message}); get the bundle again`, {
      cause: error,
    });
  }
  const version = Number((value as { formatVersion?: unknown } | null)?.formatVersion);
  if (version > CONTENT_FORMAT_VERSION) {
    throw new InputError(
      `${where}: formatVersion ${version} is newer than this Usher reads (${CONTENT_FORMAT_VERSION}); update Usher`,
    );
  }
  const parsed = towerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${where}: ${z.prettifyError(parsed.error)}; get the bundle again`);
}
