/**
 * Matrix products.
 */
import { InternalError } from "../../common/errors.ts";
import { MICROSOFT_DOMAIN } from "../../onnx/model.ts";
import type { Tensor } from "../graph.ts";
import type { EmitCall, Emitter, Operator } from "../operator.ts";
import { broadcastShapes, expectDType, expectSameDType, formatShape, sameShape } from "../shape.ts";
import { reshape } from "./movement.ts";
import { reduceSum, sumTo } from "./sum.ts";

interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

export type MatmulOptions = Partial<MatmulAttributes>;

const matmulOperator: Operator<MatmulAttributes> = {
  name: "matmul",
  infer: ([a, b], { transposeA, transposeB }) => {
    expectDType("matmul", a, "float32", "float64");
    expectSameDType("matmul", [a, b]);
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new InternalError(
        `matmul: expected matrices, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      );
    }
    const [m, k] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
    const [l, n] = transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
    if (k !== l) {
      const transposed = `${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
      throw new InternalError(
        `matmul: inner dimensions must be equal, got ${formatShape(a.shape)} and ${formatShape(b.shape)}${transposed}`,
      );
    }
    const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [{ dtype: a.dtype, shape: [...batch, m, n] }];
  },
  gradient: ({ inputs: [a, b], attributes, outputGradients: [dy] }) => {
    if (!dy) return [null, null];
    const { transposeA, transposeB, scale } = attributes;
    const da = transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true, scale })
      : matmul(dy, b, { transposeB: !transposeB, scale });
    return [sumTo(da, a.shape), gradientOfRight(a, b, dy, attributes)];
  },
  emit: emitMatmul,
};

function gradientOfRight(a: Tensor, b: Tensor, dy: Tensor, attributes: MatmulAttributes): Tensor {
  const { transposeA, transposeB, scale } = attributes;
  // One matrix used for a whole batch: the batch becomes part of the summed dimension.
  const isShared = b.shape.length === 2 && a.shape.length > 2 && !transposeA;
  const left = isShared ? flattenRows(a) : a;
  const right = isShared ? flattenRows(dy) : dy;
  const db = transposeB
    ? matmul(right, left, { transposeA: true, transposeB: transposeA, scale })
    : matmul(left, right, { transposeA: !transposeA, scale });
  return sumTo(db, b.shape);
}

function flattenRows(x: Tensor): Tensor {
  const columns = x.shape[x.shape.length - 1] as number;
  const rows = x.shape.slice(0, -1).reduce<number>((product, dim) => product * (dim as number), 1);
  return reshape(x, [rows, columns]);
}

function emitMatmul(call: EmitCall<MatmulAttributes>, emitter: Emitter): void {
  const { inputs, attributes, inputNames, outputNames } = call;
  const { transposeA, transposeB, scale } = attributes;
  const outputs = { outputs: outputNames };
  if (!transposeA && !transposeB && scale === 1) {
    emitter.node("MatMul", inputNames, {}, outputs);
  } else if (emitter.dialect === "onnxruntime" && inputs[0].dtype === "float32") {
    const fused = {
      alpha: { float: scale },
      transA: { int: transposeA ? 1 : 0 },
      transB: { int: transposeB ? 1 : 0 },
      transBatchA: { int: 0 },
      transBatchB: { int: 0 },
    };
    emitter.node("FusedMatMul", inputNames, fused, { ...outputs, domain: MICROSOFT_DOMAIN });
  } else {
    emitStandardMatmul(call, emitter);
  }
}

function emitStandardMatmul(call: EmitCall<MatmulAttributes>, emitter: Emitter): void {
  const { inputs, attributes, inputNames, outputNames } = call;
  const swapped = (index: number): string => {
    const rank = inputs[index].shape.length;
    const ints = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
    return emitter.node("Transpose", [inputNames[index]], { perm: { ints } });
  };
  const a = attributes.transposeA ? swapped(0) : inputNames[0];
  const b = attributes.transposeB ? swapped(1) : inputNames[1];
  if (attributes.scale === 1) {
    emitter.node("MatMul", [a, b], {}, { outputs: outputNames });
    return;
  }
  const scale = emitter.constant(inputs[0].dtype, [], [attributes.scale]);
  emitter.node("Mul", [emitter.node("MatMul", [a, b]), scale], {}, { outputs: outputNames });
}

/**
 * `scale * a b`, batched over leading axes with broadcasting: `[..., M, K] x [..., K, N]` gives
 * `[..., M, N]`. A transposed operand is given with its last two axes swapped.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  return a.graph.apply(matmulOperator, [a, b], { transposeA, transposeB, scale })[0];
}

const gemmOperator: Operator<{ readonly transposeB: boolean }> = {
  name: "gemm",
  infer: ([a, b, c], { transposeB }) => {
    expectDType("gemm", a, "float32", "float64");
    expectSameDType("gemm", [a, b, c]);
    const [k, n] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
    const fits = b.shape.length === 2 && sameShape(a.shape, [a.shape[0], k]);
    if (!fits || !sameShape(c.shape, [n])) {
      const shapes = [a, b, c].map((tensor) => formatShape(tensor.shape)).join(", ");
      const right = transposeB ? "[N, K]" : "[K, N]";
      throw new InternalError(`gemm: expected [M, K], ${right} and [N], got ${shapes}`);
    }
    return [{ dtype: a.dtype, shape: [a.shape[0], n] }];
  },
  gradient: ({ inputs: [a, b], attributes: { transposeB }, outputGradients: [dy] }) => {
    if (!dy) return [null, null, null];
    const db = transposeB
      ? matmul(dy, a, { transposeA: true })
      : matmul(a, dy, { transposeA: true });
    return [matmul(dy, b, { transposeB: !transposeB }), db, reduceSum(dy, [0])];
  },
  emit: ({ attributes, inputNames, outputNames }, emitter) => {
    const options = {
      alpha: { float: 1 },
      beta: { float: 1 },
      transA: { int: 0 },
      transB: { int: attributes.transposeB ? 1 : 0 },
    };
    emitter.node("Gemm", inputNames, options, { outputs: outputNames });
  },
};

/** `a b + c`: `[M, K] x [K, N] + [N]` gives `[M, N]`, in one pass over memory. */
export function gemm(
  a: Tensor,
  b: Tensor,
  c: Tensor,
  options: { transposeB?: boolean } = {},
): Tensor {
  return a.graph.apply(gemmOperator, [a, b, c], { transposeB: options.transposeB ?? false })[0];
}
