/**
 * Operators that work on one element at a time, with NumPy's broadcasting between two or three.
 */
import type { DType } from "../../common/dtype.ts";
import { InternalError } from "../../common/errors.ts";
import { DATA_TYPES, type OnnxAttribute } from "../../onnx/model.ts";
import { type Tensor, toTensor } from "../graph.ts";
import type { Operator } from "../operator.ts";
import { broadcastShapes, expectDType, expectSameDType } from "../shape.ts";
import { sumTo } from "./sum.ts";

type NoAttributes = Record<string, never>;
const none: NoAttributes = {};

function defineUnary(
  name: string,
  opType: string,
  dtypes: readonly DType[],
  gradient: ((dy: Tensor, x: Tensor, y: Tensor) => Tensor) | null,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): (x: Tensor) => Tensor {
  const operator: Operator<NoAttributes> = {
    name,
    infer: ([x]) => {
      expectDType(name, x, ...dtypes);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    gradient:
      gradient &&
      (({ inputs, outputs, outputGradients: [dy] }) => [dy && gradient(dy, inputs[0], outputs[0])]),
    emit: (call, emitter) => {
      emitter.node(opType, call.inputNames, attributes, { outputs: call.outputNames });
    },
  };
  return (x) => x.graph.apply(operator, [x], none)[0];
}

const floats = ["float32", "float64"] as const;
const signed = [...floats, "int32", "int64"] as const;
const numbers = [...signed, "uint32"] as const;

/** `-x` */
export const neg = defineUnary("neg", "Neg", signed, (dy) => neg(dy));
/** `e ** x` */
export const exp = defineUnary("exp", "Exp", floats, (dy, _x, y) => mul(dy, y));
/** The natural logarithm. */
export const log = defineUnary("log", "Log", floats, (dy, x) => div(dy, x));
/** The square root; its gradient at 0 is not finite. */
export const sqrt = defineUnary("sqrt", "Sqrt", floats, (dy, _x, y) => div(mul(dy, 0.5), y));
/** `1 / x` */
export const reciprocal = defineUnary("reciprocal", "Reciprocal", floats, (dy, _x, y) =>
  neg(mul(dy, mul(y, y))),
);
/** The absolute value; its gradient at 0 is 0. */
export const abs = defineUnary("abs", "Abs", signed, (dy, x) => mul(dy, sign(x)));
/** -1, 0 or 1. */
export const sign = defineUnary("sign", "Sign", signed, null);
/** The Gauss error function. ONNX Runtime computes it for float32 only. */
export const erf = defineUnary("erf", "Erf", ["float32"], (dy, x) =>
  mul(dy, exp(sub(Math.log(2 / Math.sqrt(Math.PI)), mul(x, x)))),
);
/** `max(x, 0)`; its gradient at 0 is 0. */
export const relu = defineUnary("relu", "Relu", floats, (dy, x) =>
  mul(dy, cast(greater(x, 0), x.dtype)),
);
/** `1 / (1 + e ** -x)` */
export const sigmoid = defineUnary("sigmoid", "Sigmoid", floats, (dy, _x, y) =>
  mul(dy, sub(y, mul(y, y))),
);
/** The hyperbolic tangent. */
export const tanh = defineUnary("tanh", "Tanh", floats, (dy, _x, y) => mul(dy, sub(1, mul(y, y))));
/** Logical negation of a bool. */
export const not = defineUnary("not", "Not", ["bool"], null);

/** `log(1 + e ** x)`, without overflow. */
export function softplus(x: Tensor): Tensor {
  return x.graph.apply(softplusOperator, [x], none)[0];
}

const softplusOperator: Operator<NoAttributes> = {
  name: "softplus",
  infer: ([x]) => {
    expectDType("softplus", x, ...floats);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [dy && mul(dy, sigmoid(x))],
  emit: ({ inputs: [x], inputNames: [name], outputNames }, emitter) => {
    const outputs = { outputs: outputNames };
    if (x.dtype === "float32") {
      emitter.node("Softplus", [name], {}, outputs);
      return;
    }
    // There is no float64 kernel: max(x, 0) + log(1 + e ** -|x|).
    const [zero, one] = [0, 1].map((value) => emitter.constant(x.dtype, [], [value]));
    const power = emitter.node("Exp", [emitter.node("Neg", [emitter.node("Abs", [name])])]);
    const rest = emitter.node("Log", [emitter.node("Add", [power, one])]);
    emitter.node("Add", [emitter.node("Max", [name, zero]), rest], {}, outputs);
  },
};

/** `x * sigmoid(x)` (Elfwing et al. 2017, also called swish). */
export function silu(x: Tensor): Tensor {
  // ONNX Runtime fuses x * sigmoid(x) to its QuickGelu, which has no float64 kernel.
  return x.dtype === "float64" ? div(x, add(exp(neg(x)), 1)) : mul(x, sigmoid(x));
}

/** Outputs: `x Phi(x)`, and `Phi(x)` for the gradient. */
const geluOperator: Operator<NoAttributes> = {
  name: "gelu",
  infer: ([x]) => {
    expectDType("gelu", x, "float32");
    const type = { dtype: x.dtype, shape: x.shape };
    return [type, type];
  },
  gradient: ({ inputs: [x], outputs: [, cumulative], outputGradients: [dy, dCumulative] }) => {
    if (dCumulative) throw new InternalError("gelu: its gradient cannot be differentiated again");
    if (!dy) return [null];
    // Phi(x) + x phi(x), where x phi(x) = z exp(-z^2) / sqrt(pi): the factor is in the exponent.
    const z = mul(x, Math.SQRT1_2);
    const density = mul(z, exp(sub(-0.5 * Math.log(Math.PI), mul(z, z))));
    return [mul(dy, add(cumulative, density))];
  },
  emit: ({ inputNames: [x], outputNames: [y, cumulative], isUsed }, emitter) => {
    if (!isUsed[1]) {
      emitter.node("Gelu", [x], { approximate: { string: "none" } }, { outputs: [y] });
      return;
    }
    const z = emitter.node("Mul", [x, emitter.constant("float32", [], [Math.SQRT1_2])]);
    // (1 + erf) / 2 in one pass: it cuts off at 0 and 1, which that never leaves.
    const half = { alpha: { float: 0.5 }, beta: { float: 0.5 } };
    emitter.node("HardSigmoid", [emitter.node("Erf", [z])], half, { outputs: [cumulative] });
    emitter.node("Mul", [x, cumulative], {}, { outputs: [y] });
  },
};

/**
 * `x Phi(x)`, where Phi is the standard normal distribution: the exact form of Hendrycks & Gimpel
 * 2016. ONNX Runtime computes it for float32 only.
 */
export function gelu(x: Tensor): Tensor {
  return x.graph.apply(geluOperator, [x], none)[0];
}

type BinaryGradient = (
  dy: Tensor,
  a: Tensor,
  b: Tensor,
  y: Tensor,
) => readonly [(() => Tensor) | null, (() => Tensor) | null];

function defineBinary(
  name: string,
  opType: string,
  dtypes: readonly DType[],
  gradient: BinaryGradient | null,
  outputDType?: DType,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): (a: Tensor | number, b: Tensor | number) => Tensor {
  const operator: Operator<NoAttributes> = {
    name,
    infer: ([a, b]) => {
      expectDType(name, a, ...dtypes);
      expectSameDType(name, [a, b]);
      return [{ dtype: outputDType ?? a.dtype, shape: broadcastShapes(name, a.shape, b.shape) }];
    },
    gradient:
      gradient &&
      (({ inputs: [a, b], outputs: [y], outputGradients: [dy] }) => {
        if (!dy) return [null, null];
        const [forA, forB] = gradient(dy, a, b, y);
        return [forA && sumTo(forA(), a.shape), forB && sumTo(forB(), b.shape)];
      }),
    emit: (call, emitter) => {
      emitter.node(opType, call.inputNames, attributes, { outputs: call.outputNames });
    },
  };
  return (a, b) => {
    const like = (typeof a === "number" ? b : a) as Tensor;
    return like.graph.apply(operator, [toTensor(a, like), toTensor(b, like)], none)[0];
  };
}

/** `a + b` */
export const add = defineBinary("add", "Add", numbers, (dy) => [() => dy, () => dy]);
/** `a - b` */
export const sub = defineBinary("sub", "Sub", numbers, (dy) => [() => dy, () => neg(dy)]);
/** `a * b`; of uint32 the low 32 bits. */
export const mul = defineBinary("mul", "Mul", numbers, (dy, a, b) => [
  () => mul(dy, b),
  () => mul(dy, a),
]);
/** `a / b` */
export const div = defineBinary("div", "Div", numbers, (dy, _a, b, y) => [
  () => div(dy, b),
  () => neg(div(mul(dy, y), b)),
]);
/** The larger of two; where they are equal the gradient goes to the first. */
export const maximum = defineBinary("maximum", "Max", numbers, (dy, a, b) => [
  () => mul(dy, cast(greaterOrEqual(a, b), dy.dtype)),
  () => mul(dy, cast(less(a, b), dy.dtype)),
]);
/** The smaller of two; where they are equal the gradient goes to the first. */
export const minimum = defineBinary("minimum", "Min", numbers, (dy, a, b) => [
  () => mul(dy, cast(lessOrEqual(a, b), dy.dtype)),
  () => mul(dy, cast(greater(a, b), dy.dtype)),
]);
/** `a < b` as bool */
export const less = defineBinary("less", "Less", numbers, null, "bool");
/** `a <= b` as bool */
export const lessOrEqual = defineBinary("lessOrEqual", "LessOrEqual", numbers, null, "bool");
/** `a > b` as bool */
export const greater = defineBinary("greater", "Greater", numbers, null, "bool");
/** `a >= b` as bool */
export const greaterOrEqual = defineBinary(
  "greaterOrEqual",
  "GreaterOrEqual",
  numbers,
  null,
  "bool",
);
/** `a == b` as bool */
export const equal = defineBinary("equal", "Equal", [...signed, "bool"], null, "bool");
/** Logical and of two bools. */
export const and = defineBinary("and", "And", ["bool"], null);
/** Bitwise exclusive or. */
export const bitXor = defineBinary("bitXor", "BitwiseXor", ["uint32"], null);
/** Bitwise and. */
export const bitAnd = defineBinary("bitAnd", "BitwiseAnd", ["uint32"], null);
/** `a >> b`, zeros move in. */
export const shiftRight = defineBinary("shiftRight", "BitShift", ["uint32"], null, undefined, {
  direction: { string: "RIGHT" },
});

const whereOperator: Operator<NoAttributes> = {
  name: "where",
  infer: ([condition, a, b]) => {
    expectDType("where", condition, "bool");
    expectDType("where", a, ...signed);
    expectSameDType("where", [a, b]);
    const shape = broadcastShapes("where", a.shape, b.shape);
    return [{ dtype: a.dtype, shape: broadcastShapes("where", condition.shape, shape) }];
  },
  gradient: ({ inputs: [condition, a, b], outputGradients: [dy] }) =>
    dy
      ? [
          null,
          sumTo(where(condition, dy, 0), a.shape),
          sumTo(where(condition, toTensor(0, dy), dy), b.shape),
        ]
      : [null, null, null],
  emit: (call, emitter) => {
    emitter.node("Where", call.inputNames, {}, { outputs: call.outputNames });
  },
};

/** `a` where the condition holds, else `b`. */
export function where(condition: Tensor, a: Tensor, b: Tensor | number): Tensor {
  return condition.graph.apply(whereOperator, [condition, a, toTensor(b, a)], none)[0];
}

const castOperator: Operator<{ readonly to: DType }> = {
  name: "cast",
  infer: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [dy && cast(dy, x.dtype)],
  emit: (call, emitter) => {
    const to = { int: DATA_TYPES[call.attributes.to] };
    emitter.node(
      "Cast",
      call.inputNames,
      { to, saturate: { int: 1 } },
      { outputs: call.outputNames },
    );
  },
};

/** The same numbers in another element type; from bool 0 or 1. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : x.graph.apply(castOperator, [x], { to })[0];
}
