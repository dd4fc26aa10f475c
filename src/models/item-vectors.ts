/**
 * The vectors by which a network tells films apart: near ones are watched in like places.
 */
import type { Session } from "../runtime/session.ts";
import { historyInputs } from "./history-inputs.ts";
import { ITEM_VECTORS_OUTPUT, type OnnxModel } from "./onnx-recommender.ts";

/** Rows of length 1, by itemIndex: `[N, D]`. */
export interface ItemVectors {
  readonly dim: number;
  readonly values: Float32Array;
}

/** Out of the graph of a bundle; null where it has none. */
export async function readItemVectors(
  session: Session,
  { input, numItems }: Pick<OnnxModel, "input" | "numItems">,
): Promise<ItemVectors | null> {
  if (!session.outputNames.includes(ITEM_VECTORS_OUTPUT)) return null;
  // They do not depend on a history, but a graph wants its inputs.
  const inputs = historyInputs([{ items: [] }], [1, 1], input, numItems);
  const outputs = await session.run(inputs, {}, [ITEM_VECTORS_OUTPUT]);
  const { shape, data } = outputs[ITEM_VECTORS_OUTPUT];
  return toUnitLength(data as Float32Array, shape[1]);
}

/** A vector of zeros, which points nowhere, stays as it is. */
export function toUnitLength(rows: Float32Array, dim: number): ItemVectors {
  const values = rows.slice();
  for (let start = 0; start < values.length; start += dim) {
    const row = values.subarray(start, start + dim);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let k = 0; k < dim; k++) row[k] /= length;
  }
  return { dim, values };
}

/** The cosine of the angle between two films, from -1 to 1. */
export function cosine({ dim, values }: ItemVectors, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < dim; k++) sum += values[a * dim + k] * values[b * dim + k];
  return sum;
}
