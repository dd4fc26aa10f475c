/**
 * Weights in 8 bits: a quarter of the bytes in a file that ships.
 *
 * Each row of a table has its own scale, `w = scale * q` with `q` from -127 to 127 (symmetric, per
 * row), as most int8 inference does; an error is at most half a step, `max |row| / 254`.
 */
import type { Graph, Tensor } from "../graph/graph.ts";
import { cast, mul } from "../graph/operators/elementwise.ts";
import { type ParameterSpec, sliceParameters, type Weights } from "../nn/parameters.ts";

/** A table of rows in 8 bits: `[R, C]` and `[R]`. */
export interface QuantizedRows {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Tables with fewer numbers stay as they are: they would save nothing worth having. */
const MIN_SIZE = 1024;

/** @param table - `[R, C]`, row-major. */
export function quantizeRows(table: Float32Array, numRows: number): QuantizedRows {
  const numColumns = table.length / numRows;
  const values = new Int8Array(table.length);
  const scales = new Float32Array(numRows);
  for (let row = 0; row < numRows; row++) {
    const start = row * numColumns;
    let largest = 0;
    for (let i = start; i < start + numColumns; i++)
      largest = Math.max(largest, Math.abs(table[i]));
    scales[row] = largest === 0 ? 1 : largest / 127;
    for (let i = start; i < start + numColumns; i++) values[i] = Math.round(table[i] / scales[row]);
  }
  return { values, scales };
}

/**
 * Trained weights as constants of an inference graph, tables in 8 bits, all else in float32.
 *
 * Written as Cast and Mul, which ONNX Runtime computes once when it compiles the graph. It never
 * does so for DequantizeLinear, whose table it would expand again for every recommendation.
 */
export function quantizedWeights(
  graph: Graph,
  flat: Float32Array,
  specs: readonly ParameterSpec[],
): Weights {
  const values = sliceParameters(flat, specs);
  const tensors = new Map(
    specs.map(({ name, shape }): [string, Tensor] => {
      const table = values.get(name) as Float32Array;
      const isLarge = shape.length === 2 && table.length >= MIN_SIZE;
      return [
        name,
        isLarge
          ? dequantized(graph, table, shape, name)
          : graph.constant("float32", shape, table, name),
      ];
    }),
  );
  return (name) => tensors.get(name) as Tensor;
}

/** What the name of a table's scales ends with; the steps have the name itself. */
export const SCALE_SUFFIX = "/scale";

function dequantized(
  graph: Graph,
  table: Float32Array,
  shape: readonly number[],
  name: string,
): Tensor {
  const { values, scales } = quantizeRows(table, shape[0]);
  const steps = cast(graph.constant("int8", shape, values, name), "float32");
  return mul(steps, graph.constant("float32", [shape[0], 1], scales, `${name}${SCALE_SUFFIX}`));
}
