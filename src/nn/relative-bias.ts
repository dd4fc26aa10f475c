/**
 * How far two positions are apart, as a learnt number for each head that is added to the scores of
 * attention (Raffel et al., JMLR 2020, without their buckets). Every position teaches what distances
 * mean, where a table of positions is taught row by row.
 *
 * Shapes: `B` batch, `L` length, `H` heads.
 */
import type { Tensor } from "../graph/graph.ts";
import { cast, equal, maximum, sub } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { reshape, slice } from "../graph/operators/movement.ts";
import { cumSum } from "../graph/operators/reduction.ts";
import { staticShape } from "../graph/shape.ts";
import { zeros } from "./initialization.ts";
import type { LayerContext } from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";

export interface RelativePositions {
  readonly numHeads: number;
  /** The longest sequence. */
  readonly maxLength: number;
}

/** `[H, maxLength]`, by distance. */
export function relativeBiasParameters(
  name: string,
  { numHeads, maxLength }: RelativePositions,
): ParameterSpec[] {
  return [{ name: tableOf(name), shape: [numHeads, maxLength], initialize: zeros }];
}

/** What one head adds to its scores, of the shape of the distances. */
export function relativeBias(
  distances: Tensor,
  name: string,
  head: number,
  { weights }: LayerContext,
): Tensor {
  const table = weights(tableOf(name));
  const [, maxLength] = staticShape(table.shape);
  return gather(reshape(slice(table, 0, head, head + 1), [maxLength]), distances);
}

/**
 * How many positions a key lies before a query; 0 for those that lie after it, which only attention
 * to both sides sees.
 * @param sequence - `[B, L]`, of any content.
 * @returns int32 `[L, L]`, or `[B, L, L]` where the length is settled when the graph runs.
 */
export function distancesOf(sequence: Tensor): Tensor {
  const [batch, length] = sequence.shape;
  if (typeof length === "number") {
    const values = Int32Array.from({ length: length * length }, (_, i) =>
      Math.max(0, Math.floor(i / length) - (i % length)),
    );
    return sequence.graph.constant("int32", [length, length], values);
  }
  const places = cumSum(cast(equal(sequence, sequence), "int32"), 1);
  return maximum(sub(reshape(places, [batch, length, 1]), reshape(places, [batch, 1, length])), 0);
}

function tableOf(name: string): string {
  return `${name}/relative-bias`;
}
