/**
 * Operators that choose elements by index. An index out of range stops the graph when it runs.
 */

import { type DType, toTypedArray } from "../../common/dtype.ts";
import { InternalError } from "../../common/errors.ts";
import type { Dim, OnnxTensor } from "../../onnx/model.ts";
import { emitSplit } from "../emit-parts.ts";
import type { Tensor } from "../graph.ts";
import type { Emitter, Operator } from "../operator.ts";
import {
  expectDType,
  expectSameDType,
  formatShape,
  sameShape,
  sizeOf,
  staticShape,
} from "../shape.ts";
import { cast } from "./elementwise.ts";
import { reshape } from "./movement.ts";

type NoAttributes = Record<string, never>;

/** What ONNX Runtime adds up at an index. */
const addable = ["float32", "float64", "int32", "int64"] as const;

const gatherOperator: Operator<NoAttributes> = {
  name: "gather",
  infer: ([table, indices]) => {
    expectDType("gather", indices, "int32", "int64");
    return [{ dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] }];
  },
  gradient: ({ inputs: [table, indices], outputGradients: [dy] }) => {
    if (!dy) return [null, null];
    const numIndices = sizeOf(indices.shape);
    const rows = reshape(dy, [numIndices, ...table.shape.slice(1)]);
    return [scatterAdd(reshape(indices, [numIndices]), rows, table.shape), null];
  },
  emit: ({ inputNames, outputNames }, emitter) => {
    emitter.node("Gather", inputNames, { axis: { int: 0 } }, { outputs: outputNames });
  },
};

/** Rows of a table: `table[indices]`, of shape `[...indices, ...table.shape[1:]]`. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  return table.graph.apply(gatherOperator, [table, indices], {})[0];
}

interface ScatterAddAttributes {
  readonly shape: readonly Dim[];
}

const scatterAddOperator: Operator<ScatterAddAttributes> = {
  name: "scatterAdd",
  infer: ([indices, rows], { shape }) => {
    expectDType("scatterAdd", indices, "int32", "int64");
    expectDType("scatterAdd", rows, ...addable);
    staticShape([...indices.shape, ...shape]);
    const expected = [...indices.shape, ...shape.slice(1)];
    if (indices.shape.length !== 1 || !sameShape(rows.shape, expected)) {
      const got = `${formatShape(indices.shape)} and ${formatShape(rows.shape)}`;
      throw new InternalError(
        `scatterAdd: expected indices [M] and rows ${formatShape(expected)}, got ${got}`,
      );
    }
    return [{ dtype: rows.dtype, shape }];
  },
  gradient: ({ inputs: [indices], outputGradients: [dy] }) => [null, dy && gather(dy, indices)],
  emit: ({ inputs: [indices, rows], attributes, inputNames, outputNames }, emitter) => {
    const shape = staticShape(attributes.shape);
    const numIndices = staticShape(indices.shape)[0];
    const zeros = emitter.node(
      "ConstantOfShape",
      [emitter.constant("int64", [shape.length], shape)],
      { value: { tensor: zeroTensor(rows.dtype) } },
    );
    const wide =
      indices.dtype === "int64"
        ? inputNames[0]
        : emitter.node("Cast", [inputNames[0]], { to: { int: 7 }, saturate: { int: 1 } });
    const column = emitter.node(
      "Reshape",
      [wide, emitter.constant("int64", [2], [numIndices, 1])],
      { allowzero: { int: 0 } },
    );
    const counts = partCounts(staticShape(rows.shape));
    addInParts(emitter, [zeros, column, inputNames[1]], counts, outputNames[0]);
  },
};

/**
 * ONNX Runtime shares the rows of one large ScatterND among its threads, and they do not wait for
 * each other: where two meet at one index a sum is lost (onnxruntime issues 18048 and 23396). Below
 * 210,000 elements (Eigen's cost model: a second thread costs 100,000 cycles to start and is worth
 * as many more) one thread does it all, so larger scatters are done in parts, one after the other.
 */
const LARGEST_SCATTER = 204_800;

/** How many rows each part of a scatter of `[M, ...]` takes. */
function partCounts([numRows, ...row]: readonly number[]): number[] {
  const rowSize = row.reduce((product, dim) => product * dim, 1);
  const most = Math.max(Math.floor(LARGEST_SCATTER / Math.max(rowSize, 1)), 1);
  const numParts = Math.max(Math.ceil(numRows / most), 1);
  return Array.from({ length: numParts }, (_, part) => Math.min(most, numRows - part * most));
}

/** `target[indices] += rows`, part by part. */
function addInParts(
  emitter: Emitter,
  [target, indices, rows]: readonly string[],
  counts: readonly number[],
  output: string,
): void {
  const options = { reduction: { string: "add" } };
  if (counts.length === 1) {
    emitter.node("ScatterND", [target, indices, rows], options, { outputs: [output] });
    return;
  }
  const [indexParts, rowParts] = [indices, rows].map((name) => {
    const outputs = counts.map((_, part) => `${output}/${name}/${part}`);
    emitSplit(emitter, name, { axis: 0, sizes: counts }, outputs);
    return outputs;
  });
  let sum = target;
  for (let part = 0; part < counts.length; part++) {
    const isLast = part === counts.length - 1;
    sum = emitter.node("ScatterND", [sum, indexParts[part], rowParts[part]], options, {
      outputs: [isLast ? output : `${output}/sum${part}`],
    });
  }
}

function zeroTensor(dtype: DType): OnnxTensor {
  const { buffer } = toTypedArray(dtype, [0]);
  return { name: "", dtype, shape: [1], bytes: new Uint8Array(buffer) };
}

/**
 * The adjoint of `gather`: zeros of `shape`, and every row of `rows` added at its index; several
 * rows of one index add up.
 * @param indices - `[M]`
 * @param rows - `[M, ...shape[1:]]`
 */
export function scatterAdd(indices: Tensor, rows: Tensor, shape: readonly Dim[]): Tensor {
  return rows.graph.apply(scatterAddOperator, [indices, rows], { shape })[0];
}

const pickOperator: Operator<NoAttributes> = {
  name: "pick",
  infer: ([x, indices]) => {
    expectDType("pick", indices, "int32", "int64");
    const leading = [...x.shape.slice(0, -1), indices.shape[indices.shape.length - 1]];
    if (!sameShape(indices.shape, leading)) {
      const got = `${formatShape(x.shape)} and ${formatShape(indices.shape)}`;
      throw new InternalError(`pick: leading sizes must be equal, got ${got}`);
    }
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  gradient: ({ inputs: [x, indices], outputGradients: [dy] }) => [
    dy && place(indices, dy, x.shape),
    null,
  ],
  emit: ({ inputNames, outputNames }, emitter) => {
    emitter.node("GatherElements", inputNames, { axis: { int: -1 } }, { outputs: outputNames });
  },
};

/** In each row of `x` the elements at that row's indices: `[..., N]` and `[..., K]` give `[..., K]`. */
export function pick(x: Tensor, indices: Tensor): Tensor {
  return x.graph.apply(pickOperator, [x, indices], {})[0];
}

const placeOperator: Operator<ScatterAddAttributes> = {
  name: "place",
  infer: ([indices, values], { shape }) => {
    expectElements("place", indices, values, staticShape(shape));
    return [{ dtype: values.dtype, shape }];
  },
  gradient: ({ inputs: [indices], outputGradients: [dy] }) => [null, dy && pick(dy, indices)],
  emit: ({ inputs: [, values], attributes, inputNames, outputNames }, emitter) => {
    const shape = staticShape(attributes.shape);
    const size = emitter.constant("int64", [shape.length], shape);
    const zeros = emitter.node("ConstantOfShape", [size], {
      value: { tensor: zeroTensor(values.dtype) },
    });
    emitAddAt(emitter, [zeros, ...inputNames], outputNames);
  },
};

/** The adjoint of `pick`: zeros of `shape` with values added at each row's indices. */
export function place(indices: Tensor, values: Tensor, shape: readonly Dim[]): Tensor {
  return values.graph.apply(placeOperator, [indices, values], { shape })[0];
}

const addAtOperator: Operator<NoAttributes> = {
  name: "addAt",
  infer: ([x, indices, values]) => {
    expectSameDType("addAt", [x, values]);
    expectElements("addAt", indices, values, x.shape);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ inputs: [, indices], outputGradients: [dy] }) => [dy, null, dy && pick(dy, indices)],
  emit: ({ inputNames, outputNames }, emitter) => emitAddAt(emitter, inputNames, outputNames),
};

/**
 * `x + place(indices, values, x.shape)`, in the memory of `x` where nothing else reads it later.
 * @param x - `[..., N]`
 * @param indices - `[..., K]`
 * @param values - `[..., K]`
 */
export function addAt(x: Tensor, indices: Tensor, values: Tensor): Tensor {
  return x.graph.apply(addAtOperator, [x, indices, values], {})[0];
}

/** @throws InternalError unless values can be added at the indices of each row of `shape`. */
function expectElements(
  operator: string,
  indices: Tensor,
  values: Tensor,
  shape: readonly Dim[],
): void {
  expectDType(operator, indices, "int32", "int64");
  expectDType(operator, values, ...addable);
  const leading = shape.slice(0, -1);
  const fits =
    sameShape(indices.shape, values.shape) &&
    sameShape(indices.shape.slice(0, -1), leading) &&
    shape.length > 0;
  if (fits) return;
  const got = `${formatShape(indices.shape)} and ${formatShape(values.shape)}`;
  throw new InternalError(
    `${operator}: expected indices and values ${formatShape([...leading, "K"])}, got ${got}`,
  );
}

/** @param inputNames - of what is added to, the indices and the values. */
function emitAddAt(
  emitter: Emitter,
  inputNames: readonly string[],
  outputs: readonly string[],
): void {
  const options = { axis: { int: -1 }, reduction: { string: "add" } };
  emitter.node("ScatterElements", inputNames, options, { outputs });
}

/** What ONNX Runtime has a kernel for. */
type OneHotDType = "float32" | "int64";

const oneHotOperator: Operator<{ readonly depth: number; readonly dtype: OneHotDType }> = {
  name: "oneHot",
  infer: ([indices], { depth, dtype }) => {
    expectDType("oneHot", indices, "int64");
    return [{ dtype, shape: [...indices.shape, depth] }];
  },
  gradient: null,
  emit: ({ attributes: { depth, dtype }, inputNames, outputNames }, emitter) => {
    const size = emitter.constant("int64", [], [depth]);
    const values = emitter.constant(dtype, [2], [0, 1]);
    emitter.node(
      "OneHot",
      [inputNames[0], size, values],
      { axis: { int: -1 } },
      { outputs: outputNames },
    );
  },
};

/** 1 at each index and 0 elsewhere, along a new last axis of size `depth`. */
export function oneHot(indices: Tensor, depth: number, dtype: OneHotDType = "float32"): Tensor {
  return indices.graph.apply(oneHotOperator, [cast(indices, "int64")], { depth, dtype })[0];
}
