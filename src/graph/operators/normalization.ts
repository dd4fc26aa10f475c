/**
 * Operators that rescale each row: softmax and its logarithm, layer norm and RMS norm.
 */
import { InternalError } from "../../common/errors.ts";
import type { Tensor } from "../graph.ts";
import type { EmitCall, Emitter, GradientCall, Operator } from "../operator.ts";
import {
  expectDType,
  expectSameDType,
  formatShape,
  sameShape,
  sizeOf,
  staticShape,
} from "../shape.ts";
import { add, exp, mul, reciprocal, sqrt, sub } from "./elementwise.ts";
import { matmul } from "./linear-algebra.ts";
import { reshape } from "./movement.ts";
import { reduceMean } from "./reduction.ts";
import { reduceSum } from "./sum.ts";

type NoAttributes = Record<string, never>;

function defineRowwise(
  name: string,
  opType: string,
  gradient: (dy: Tensor, y: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const operator: Operator<NoAttributes> = {
    name,
    infer: ([x]) => {
      expectDType(name, x, "float32", "float64");
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    gradient: ({ outputs: [y], outputGradients: [dy] }) => [dy && gradient(dy, y)],
    emit: ({ inputNames, outputNames }, emitter) => {
      emitter.node(opType, inputNames, { axis: { int: -1 } }, { outputs: outputNames });
    },
  };
  return (x) => x.graph.apply(operator, [x], {})[0];
}

/** `exp(x) / sum(exp(x))` along the last axis. */
export const softmax = defineRowwise("softmax", "Softmax", (dy, y) =>
  mul(y, sub(dy, reduceSum(mul(dy, y), [-1], true))),
);

/** The logarithm of `softmax(x)`, without underflow. */
export const logSoftmax = defineRowwise("logSoftmax", "LogSoftmax", (dy, y) =>
  sub(dy, mul(exp(y), reduceSum(dy, [-1], true))),
);

interface LayerNormAttributes {
  readonly epsilon: number;
}

/** Outputs: the result, and the mean and the inverse deviation of each row for the gradient. */
const layerNormOperator: Operator<LayerNormAttributes> = {
  name: "layerNorm",
  infer: ([x, gain, bias]) => {
    expectDType("layerNorm", x, "float32", "float64");
    expectSameDType("layerNorm", [x, gain, bias]);
    const row = [x.shape[x.shape.length - 1]];
    if (!sameShape(gain.shape, row) || !sameShape(bias.shape, row)) {
      const got = `${formatShape(gain.shape)} and ${formatShape(bias.shape)}`;
      throw new InternalError(
        `layerNorm: expected gain and bias of ${formatShape(row)}, got ${got}`,
      );
    }
    const { dtype, shape } = x;
    const statistic = { dtype, shape: [...shape.slice(0, -1), 1] };
    return [{ dtype, shape }, statistic, statistic];
  },
  gradient: layerNormGradient,
  emit: emitLayerNorm,
};

/**
 * With `n` the normalized row and `dn = dy gain`, `dx = inverse (dn - mean(dn) - n mean(dn n))`.
 * Sorted by `x`, as PyTorch does, it is `dn inverse - x slope - offset` with one slope and one
 * offset for each row, and sums along rows and columns are products with a vector: six passes over
 * memory where the formula as it stands takes ten.
 */
function layerNormGradient(call: GradientCall<LayerNormAttributes>): readonly (Tensor | null)[] {
  const [dOutput, dMean, dInverse] = call.outputGradients;
  if (dMean || dInverse) {
    throw new InternalError("layerNorm: its gradient cannot be differentiated again");
  }
  if (!dOutput) return [null, null, null];
  const [x, gain] = call.inputs;
  const [dy, rows] = [toRows(dOutput), toRows(x)]; // [T, D]
  const [, mean, inverse] = call.outputs.map(toRows); // [T, 1]
  const dyRows = mul(dy, rows);
  const meanOfDn = weightedMean(dy, gain); // [T, 1]
  const meanOfDnN = mul(sub(weightedMean(dyRows, gain), mul(mean, meanOfDn)), inverse);
  const slope = mul(mul(inverse, inverse), meanOfDnN);
  const offset = sub(mul(inverse, meanOfDn), mul(slope, mean));
  const dx = sub(sub(mul(mul(dy, gain), inverse), mul(rows, slope)), offset);
  const dGain = sub(weightedSum(dyRows, inverse), weightedSum(dy, mul(inverse, mean)));
  return [reshape(dx, x.shape), reshape(dGain, gain.shape), reduceSum(dy, [0])];
}

/** `[..., D]` to `[T, D]` */
function toRows(x: Tensor): Tensor {
  const dim = staticShape(x.shape.slice(-1))[0];
  return reshape(x, [sizeOf(x.shape) / dim, dim]);
}

/** `[T, D]` and weights `[D]` give `[T, 1]`. */
function weightedMean(x: Tensor, weights: Tensor): Tensor {
  const [dim] = staticShape(weights.shape);
  return matmul(x, reshape(weights, [dim, 1]), { scale: 1 / dim });
}

/** `[T, D]` and weights `[T, 1]` give `[1, D]`. */
function weightedSum(x: Tensor, weights: Tensor): Tensor {
  return matmul(reshape(weights, [1, sizeOf(weights.shape)]), x);
}

function emitLayerNorm(call: EmitCall<LayerNormAttributes>, emitter: Emitter): void {
  const { inputs, attributes, inputNames, outputNames } = call;
  if (inputs[0].dtype === "float64") {
    emitWideLayerNorm(call, emitter);
    return;
  }
  const options = {
    axis: { int: -1 },
    epsilon: { float: attributes.epsilon },
    stash_type: { int: 1 },
  };
  emitter.node("LayerNormalization", inputNames, options, { outputs: outputNames });
}

/** In float64 the operator would still keep its statistics in float32: written out instead. */
function emitWideLayerNorm(call: EmitCall<LayerNormAttributes>, emitter: Emitter): void {
  const [x, gain, bias] = call.inputNames;
  const [y, mean, inverse] = call.outputNames;
  const axes = emitter.constant("int64", [1], [-1]);
  const keep = { keepdims: { int: 1 }, noop_with_empty_axes: { int: 0 } };
  const epsilon = emitter.constant("float64", [], [call.attributes.epsilon]);
  emitter.node("ReduceMean", [x, axes], keep, { outputs: [mean] });
  const centered = emitter.node("Sub", [x, mean]);
  const variance = emitter.node(
    "ReduceMean",
    [emitter.node("Mul", [centered, centered]), axes],
    keep,
  );
  const deviation = emitter.node("Sqrt", [emitter.node("Add", [variance, epsilon])]);
  emitter.node("Reciprocal", [deviation], {}, { outputs: [inverse] });
  const normalized = emitter.node("Mul", [centered, inverse]);
  emitter.node("Add", [emitter.node("Mul", [normalized, gain]), bias], {}, { outputs: [y] });
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * gain + bias` along the last axis (Ba et al. 2016).
 * @param gain - `[D]`
 * @param bias - `[D]`
 */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return x.graph.apply(layerNormOperator, [x, gain, bias], { epsilon })[0];
}

/** `x / sqrt(mean(x^2) + epsilon) * gain` along the last axis (Zhang & Sennrich 2019). */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon = 1e-5): Tensor {
  const meanSquare = reduceMean(mul(x, x), [-1], true);
  return mul(mul(x, reciprocal(sqrt(add(meanSquare, epsilon)))), gain);
}
