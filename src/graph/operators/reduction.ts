/**
 * Operators that make one number of many along some axes.
 */
import type { Tensor } from "../graph.ts";
import type { Operator } from "../operator.ts";
import { expectDType, normalizeAxis, sizeOf } from "../shape.ts";
import { add, cast, div, equal, exp, log, mul, sub } from "./elementwise.ts";
import { reshape } from "./movement.ts";
import { expand, normalizeAxes, type ReduceAttributes, reducedShape, reduceSum } from "./sum.ts";

function defineReduction(
  name: string,
  opType: string,
  gradient: (dy: Tensor, x: Tensor, y: Tensor, axes: readonly number[]) => Tensor,
): (x: Tensor, axes?: readonly number[], keepDims?: boolean) => Tensor {
  const operator: Operator<ReduceAttributes> = {
    name,
    infer: ([x], attributes) => {
      expectDType(name, x, "float32", "float64");
      return [{ dtype: x.dtype, shape: reducedShape(x.shape, attributes) }];
    },
    gradient: ({ inputs: [x], outputs: [y], attributes: { axes }, outputGradients: [dy] }) => {
      if (!dy) return [null];
      const kept = reducedShape(x.shape, { axes, keepDims: true });
      return [gradient(reshape(dy, kept), x, reshape(y, kept), axes)];
    },
    emit: ({ attributes: { axes, keepDims }, inputNames, outputNames }, emitter) => {
      const axesName = emitter.constant("int64", [axes.length], axes);
      const attributes = { keepdims: { int: keepDims ? 1 : 0 }, noop_with_empty_axes: { int: 1 } };
      emitter.node(opType, [inputNames[0], axesName], attributes, { outputs: outputNames });
    },
  };
  return (x, axes, keepDims = false) => {
    const along = normalizeAxes(name, axes, x.shape.length);
    return along.length === 0 ? x : x.graph.apply(operator, [x], { axes: along, keepDims })[0];
  };
}

/** The mean along some axes, all of them unless named. */
export const reduceMean = defineReduction("reduceMean", "ReduceMean", (dy, x, _y, axes) =>
  expand(mul(dy, 1 / sizeOf(axes.map((axis) => x.shape[axis]))), x.shape),
);

/** The largest along some axes; equal ones share the gradient. */
export const reduceMax = defineReduction("reduceMax", "ReduceMax", (dy, x, y, axes) => {
  const isLargest = cast(equal(x, y), x.dtype);
  return mul(isLargest, div(dy, reduceSum(isLargest, axes, true)));
});

/**
 * `log(sum(exp(x)))` along one axis, without overflow: shifted by the largest. ONNX Runtime's own
 * ReduceLogSumExp runs on one thread. The gradient is written by hand, `exp(x - result)`: the shift
 * has none.
 */
export function logSumExp(x: Tensor, axis = -1, keepDims = false): Tensor {
  const along = normalizeAxis("logSumExp", axis, x.shape.length);
  const result = x.graph.block(
    [x],
    () => {
      const largest = reduceMax(x, [along], true);
      return add(log(reduceSum(exp(sub(x, largest)), [along], true)), largest);
    },
    (dy, y) => [mul(dy, exp(sub(x, y)))],
  );
  return reshape(result, reducedShape(x.shape, { axes: [along], keepDims }));
}

interface CumSumAttributes {
  readonly axis: number;
  readonly isReverse: boolean;
}

const cumSumOperator: Operator<CumSumAttributes> = {
  name: "cumSum",
  infer: ([x]) => {
    expectDType("cumSum", x, "float32", "float64", "int32", "int64");
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ attributes: { axis, isReverse }, outputGradients: [dy] }) => [
    dy && cumSum(dy, axis, !isReverse),
  ],
  emit: ({ attributes: { axis, isReverse }, inputNames, outputNames }, emitter) => {
    const inputs = [inputNames[0], emitter.constant("int64", [], [axis])];
    const attributes = { exclusive: { int: 0 }, reverse: { int: isReverse ? 1 : 0 } };
    emitter.node("CumSum", inputs, attributes, { outputs: outputNames });
  },
};

/** Running sums along an axis, from its end when `isReverse`. */
export function cumSum(x: Tensor, axis: number, isReverse = false): Tensor {
  const along = normalizeAxis("cumSum", axis, x.shape.length);
  return x.graph.apply(cumSumOperator, [x], { axis: along, isReverse })[0];
}
