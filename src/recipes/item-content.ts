/**
 * What is known of the items that a network trains on, as numbers and with the key to them.
 */
import { InputError } from "../common/errors.ts";
import {
  encodeTable,
  encodingWidth,
  type FeatureEncoding,
  fitFeatureEncoding,
  requireEncoded,
} from "../data/features/feature-encoding.ts";
import type { FeatureTable, FeatureValues } from "../data/features/feature-set.ts";
import type { ItemContent } from "../models/content-rows.ts";
import type { NetworkRecipe } from "./recipe.ts";

/** A number, such as a year, is told by the quantiles beside it. */
const NUM_KNOTS = 8;

/** A tower that nobody asked for may have so many columns; it takes the square of them. */
const MAX_UNASKED_WIDTH = 1000;

export interface EncodedContent {
  readonly encoding: FeatureEncoding;
  readonly content: ItemContent;
}

/**
 * @param table - what is known of items.
 * @param known - the encoding of a model to go on from: these items must be told of in the same way.
 * @returns null where nothing is known of any item, or far too much for a recipe that reads no content.
 * @throws InputError when nothing is known, and the recipe reads content.
 */
export function encodeContent(
  { name, model }: NetworkRecipe,
  itemIds: readonly string[],
  table: FeatureTable | null,
  known?: FeatureEncoding,
): EncodedContent | null {
  if (table === null || !itemIds.some((id) => isDescribed(table.rows.get(id)))) {
    if (!model.content) return null;
    throw new InputError(
      `recipe ${name}: model.content asks for what is known of films, and of these data nothing is; ` +
        "describe it by --features, or set model.content to false",
    );
  }
  if (known) requireEncoded(known, table, `recipe ${name}: content`);
  const encoding = fitFeatureEncoding(table, itemIds, NUM_KNOTS);
  if (!model.content && encodingWidth(encoding) > MAX_UNASKED_WIDTH) return null;
  const values = encodeTable(encoding, table.rows, itemIds);
  return { encoding, content: { numFeatures: encodingWidth(encoding), values } };
}

function isDescribed(values: FeatureValues = {}): boolean {
  return Object.values(values).some((value) => value !== null);
}
