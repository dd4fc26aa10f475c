/**
 * Sums and their adjoint, the spreading of one value over many.
 */
import { isFloat } from "../../common/dtype.ts";
import { InternalError } from "../../common/errors.ts";
import type { Dim } from "../../onnx/model.ts";
import type { Tensor } from "../graph.ts";
import type { EmitCall, Emitter, Operator } from "../operator.ts";
import {
  broadcastShapes,
  expectDType,
  formatShape,
  normalizeAxis,
  sameShape,
  sizeOf,
  staticShape,
} from "../shape.ts";
import { reshape } from "./movement.ts";

export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** The shape that is left after reducing some axes. */
export function reducedShape(
  shape: readonly Dim[],
  { axes, keepDims }: ReduceAttributes,
): readonly Dim[] {
  return keepDims
    ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Axes counted from the front and in order; without any, all of them. */
export function normalizeAxes(
  operator: string,
  axes: readonly number[] | undefined,
  rank: number,
): readonly number[] {
  if (!axes) return Array.from({ length: rank }, (_, axis) => axis);
  return axes.map((axis) => normalizeAxis(operator, axis, rank)).sort((a, b) => a - b);
}

const reduceSumOperator: Operator<ReduceAttributes> = {
  name: "reduceSum",
  infer: ([x], attributes) => {
    expectDType("reduceSum", x, "float32", "float64", "int32", "int64");
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, attributes) }];
  },
  gradient: ({ inputs: [x], attributes: { axes }, outputGradients: [dy] }) => [
    dy && expand(reshape(dy, reducedShape(x.shape, { axes, keepDims: true })), x.shape),
  ],
  emit: (call, emitter) => {
    const { axes, keepDims } = call.attributes;
    if (isSumOfRows(call.inputs[0], axes)) {
      emitSumOfRows(call, emitter);
      return;
    }
    const axesName = emitter.constant("int64", [axes.length], axes);
    const attributes = { keepdims: { int: keepDims ? 1 : 0 }, noop_with_empty_axes: { int: 1 } };
    const inputs = [call.inputNames[0], axesName];
    emitter.node("ReduceSum", inputs, attributes, { outputs: call.outputNames });
  },
};

/** Whether the first axes are summed, and all sizes are known. */
function isSumOfRows({ dtype, shape }: Tensor, axes: readonly number[]): boolean {
  const isLeading = axes.every((axis, index) => axis === index);
  const isStatic = shape.every((dim) => typeof dim === "number");
  return isLeading && axes.length < shape.length && isStatic && isFloat(dtype);
}

/** A row of ones times the rows: faster than ONNX Runtime's ReduceSum. */
function emitSumOfRows(call: EmitCall<ReduceAttributes>, emitter: Emitter): void {
  const { inputs, attributes, inputNames, outputs, outputNames } = call;
  const { dtype, shape } = inputs[0];
  const numRows = sizeOf(shape.slice(0, attributes.axes.length));
  const ints = (values: readonly number[]): string =>
    emitter.constant("int64", [values.length], values);
  const keepZero = { allowzero: { int: 0 } };
  const flat = ints([numRows, sizeOf(shape) / numRows]);
  const rows = emitter.node("Reshape", [inputNames[0], flat], keepZero);
  const ones = emitter.node("Expand", [emitter.constant(dtype, [], [1]), ints([1, numRows])]);
  const sum = emitter.node("MatMul", [ones, rows]);
  const target = ints(staticShape(outputs[0].shape));
  emitter.node("Reshape", [sum, target], keepZero, { outputs: outputNames });
}

/** The sum along some axes, all of them unless named. */
export function reduceSum(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const along = normalizeAxes("reduceSum", axes, x.shape.length);
  if (along.length === 0) return x;
  return x.graph.apply(reduceSumOperator, [x], { axes: along, keepDims })[0];
}

const expandOperator: Operator<{ readonly shape: readonly Dim[] }> = {
  name: "expand",
  infer: ([x], { shape }) => {
    staticShape(shape);
    if (!sameShape(broadcastShapes("expand", x.shape, shape), shape)) {
      throw new InternalError(
        `expand: ${formatShape(x.shape)} does not spread to ${formatShape(shape)}`,
      );
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [dy && sumTo(dy, x.shape)],
  emit: ({ attributes, inputNames, outputNames }, emitter) => {
    const shape = staticShape(attributes.shape);
    const target = emitter.constant("int64", [shape.length], shape);
    emitter.node("Expand", [inputNames[0], target], {}, { outputs: outputNames });
  },
};

/** Repeats along axes of size 1 until the shape is `shape`. */
export function expand(x: Tensor, shape: readonly Dim[]): Tensor {
  return sameShape(x.shape, shape) ? x : x.graph.apply(expandOperator, [x], { shape })[0];
}

/** The adjoint of broadcasting: sums `x` over the axes along which `shape` was repeated. */
export function sumTo(x: Tensor, shape: readonly Dim[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const added = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, axis) =>
    axis < added || (shape[axis - added] === 1 && dim !== 1) ? [axis] : [],
  );
  return reshape(reduceSum(x, axes), shape);
}
