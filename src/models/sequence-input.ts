/**
 * What every sequence model does before its first block and after its last: items and positions
 * become vectors, padding is hidden, and the last position is taken out.
 *
 * Shapes: `B` batch, `L` length, `D` embedding.
 */
import { PADDING } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, cast, equal, mul, sub } from "../graph/operators/elementwise.ts";
import { reshape, slice, takeLast } from "../graph/operators/movement.ts";
import { cumSum } from "../graph/operators/reduction.ts";
import { MASKED_SCORE } from "../nn/attention.ts";
import { truncatedNormal } from "../nn/initialization.ts";
import { embedding, embeddingParameters, type LayerContext } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { embedItems } from "./item-table.ts";

const POSITIONS = "positions";

/** One row for each position, the last row for the newest item. */
export function positionTable(
  shape: readonly [maxLength: number, embeddingDim: number],
  deviation: number,
): ParameterSpec[] {
  return embeddingParameters(POSITIONS, ...shape, truncatedNormal(deviation));
}

/**
 * Items and their positions, added.
 * @param tokens - int32 `[B, L]`, padding first.
 * @returns `[B, L, D]`
 */
export function embedTokens(tokens: Tensor, context: LayerContext, maxLength: number): Tensor {
  return add(embedItems(tokens, context), positionsOf(tokens, context, maxLength));
}

/** The last row of the table belongs to the last position, so the length of a batch does not matter. */
function positionsOf(tokens: Tensor, context: LayerContext, maxLength: number): Tensor {
  const [, length] = tokens.shape;
  if (typeof length === "number") {
    return slice(context.weights(POSITIONS), 0, maxLength - length, maxLength);
  }
  const ones = cast(equal(tokens, tokens), "int32");
  return embedding(sub(maxLength, cumSum(ones, 1, true)), POSITIONS, context);
}

/** `[B, 1, L, 1]`, as attention hides padding. */
export function paddingBias(tokens: Tensor): Tensor {
  return hiding(equal(tokens, PADDING));
}

/** `[B, 1, L, 1]`, as attention hides positions. @param isHidden - bool `[B, L]`. */
export function hiding(isHidden: Tensor): Tensor {
  const [batch, length] = isHidden.shape;
  return reshape(mul(cast(isHidden, "float32"), MASKED_SCORE), [batch, 1, length, 1]);
}

/** `[B, L, D]` as one row for each position where sizes are known, else as it is. */
export function toRows(x: Tensor): Tensor {
  const [batch, length, dim] = x.shape;
  const isStatic = typeof batch === "number" && typeof length === "number";
  return isStatic ? reshape(x, [batch * length, dim]) : x;
}

/** Takes the rows `[B, D]` of the last positions out of those of all: `toRows` of `[B, L, D]`. */
export function lastRows(tokens: Tensor): (rows: Tensor) => Tensor {
  const [batch, length] = tokens.shape;
  return (rows) => {
    const [dim] = rows.shape.slice(-1);
    return reshape(takeLast(reshape(rows, [batch, length, dim]), 1), [batch, dim]);
  };
}
