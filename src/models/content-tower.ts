/**
 * The tower from what is known of a film to its vector and its bias: for films that came after
 * training, whose rows no viewer could shape. `fit-content-tower.ts` fits it, and a bundle keeps it.
 *
 * Shapes: `F` content features, `P` columns of the regression, `D` embedding.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import {
  encodingWidth,
  type FeatureEncoding,
  featureEncodingSchema,
} from "../data/features/feature-encoding.ts";
import type { ItemContent } from "./content-rows.ts";
import type { ItemRows } from "./grow-network.ts";

/** The file of a bundle that holds it. */
export const CONTENT_FILE = "content.json";

export const CONTENT_FORMAT_VERSION = 1;

/** Two features, by their columns. */
export type Pair = readonly [number, number];

export interface ContentTower {
  /** Of the features, in the order of the columns. */
  readonly encoding: FeatureEncoding;
  /** Their products are columns as well, behind a constant and the features. */
  readonly pairs: readonly Pair[];
  /** Vector and, last, bias for each column: `[P, D + 1]`. */
  readonly weights: Float32Array;
}

/** The columns of an item that are not 0: a constant, its features, and their pairs. */
export function columnsOf(
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
  const remedy = "get the bundle again";
  const value = parseVersionedJson(text, where, CONTENT_FORMAT_VERSION, remedy);
  const parsed = towerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${where}: ${z.prettifyError(parsed.error)}; ${remedy}`);
}
