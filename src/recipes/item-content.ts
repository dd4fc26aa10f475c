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

export interface EncodedContent {
  readonly encoding: FeatureEncoding;
  readonly content: ItemContent;
}

/**
 * @param table - what is known of items.
 * @param known - the encoding of a model to go on from. Default: one that fits these items.
 * @returns null where nothing is known of any item.
 * @throws InputError when so it is, and the recipe reads content.
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
  const encoding = known ?? fitFeatureEncoding(table, itemIds, NUM_KNOTS);
  requireEncoded(encoding, table, `recipe ${name}: content`);
  const values = encodeTable(encoding, table.rows, itemIds);
  return { encoding, content: { numFeatures: encodingWidth(encoding), values } };
}

function isDescribed(values: FeatureValues = {}): boolean {
  return Object.values(values).some((value) => value !== null);
}
