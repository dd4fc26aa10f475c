/**
 * Operators that move elements and change none.
 */
import { InternalError } from "../../common/errors.ts";
import type { Dim } from "../../onnx/model.ts";
import { emitSlice, emitSplit } from "../emit-parts.ts";
import type { Tensor } from "../graph.ts";
import type { Operator } from "../operator.ts";
import { expectSameDType, formatShape, normalizeAxis, sameShape, staticShape } from "../shape.ts";

const reshapeOperator: Operator<{ readonly shape: readonly Dim[] }> = {
  name: "reshape",
  infer: ([x], { shape }) => {
    const known = (dims: readonly Dim[]): number =>
      dims.reduce<number>((product, dim) => (typeof dim === "number" ? product * dim : product), 1);
    const names = (dims: readonly Dim[]): string =>
      dims
        .filter((dim) => typeof dim === "string")
        .sort()
        .join();
    if (known(x.shape) !== known(shape) || names(x.shape) !== names(shape)) {
      throw new InternalError(
        `reshape: sizes must multiply to the same, got ${formatShape(x.shape)} and ${formatShape(shape)}`,
      );
    }
    if (reshapeTarget(x.shape, shape) === null && unitAxesDropped(x.shape, shape) === null) {
      throw new InternalError(
        `reshape: cannot work out two sizes of ${formatShape(shape)} from ${formatShape(x.shape)}`,
      );
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs: [x], outputGradients: [dy] }) => [dy && reshape(dy, x.shape)],
  emit: ({ inputs: [x], attributes, inputNames, outputNames }, emitter) => {
    const target = reshapeTarget(x.shape, attributes.shape);
    if (target === null) {
      const dropped = unitAxesDropped(x.shape, attributes.shape) ?? [];
      const axes = emitter.constant("int64", [dropped.length], dropped);
      emitter.node("Squeeze", [inputNames[0], axes], {}, { outputs: outputNames });
      return;
    }
    const shape = emitter.constant("int64", [target.length], target);
    emitter.node(
      "Reshape",
      [inputNames[0], shape],
      { allowzero: { int: 0 } },
      { outputs: outputNames },
    );
  },
};

/**
 * ONNX's target shape: a named size is copied from the same axis of the input (0), or left to be
 * worked out (-1); null where that would be more than one.
 */
function reshapeTarget(from: readonly Dim[], to: readonly Dim[]): number[] | null {
  const target = to.map((dim, axis) =>
    typeof dim === "number" ? dim : dim === from[axis] ? 0 : -1,
  );
  return target.filter((dim) => dim === -1).length > 1 ? null : target;
}

/** The axes of size 1 that `to` leaves out of `from`, or null where that is not all it does. */
function unitAxesDropped(from: readonly Dim[], to: readonly Dim[]): number[] | null {
  const dropped: number[] = [];
  for (const [axis, dim] of from.entries()) {
    if (dim === to[axis - dropped.length]) continue;
    if (dim !== 1) return null;
    dropped.push(axis);
  }
  return from.length - dropped.length === to.length ? dropped : null;
}

/** The same elements in another shape, row-major. */
export function reshape(x: Tensor, shape: readonly Dim[]): Tensor {
  return sameShape(x.shape, shape) ? x : x.graph.apply(reshapeOperator, [x], { shape })[0];
}

const transposeOperator: Operator<{ readonly permutation: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((axis, index) => axis !== index)) {
      throw new InternalError(
        `transpose: expected a permutation of ${x.shape.length} axes, got ${formatShape(permutation)}`,
      );
    }
    return [{ dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]) }];
  },
  gradient: ({ attributes: { permutation }, outputGradients: [dy] }) => {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [dy && transpose(dy, inverse)];
  },
  emit: ({ attributes, inputNames, outputNames }, emitter) => {
    const perm = { ints: attributes.permutation };
    emitter.node("Transpose", inputNames, { perm }, { outputs: outputNames });
  },
};

/** Axis `i` of the result is axis `permutation[i]` of `x`; without one the last two change places. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const swapped = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return x.graph.apply(transposeOperator, [x], { permutation: permutation ?? swapped })[0];
}

interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOperator: Operator<SliceAttributes> = {
  name: "slice",
  infer: ([x], { axis, start, end }) => {
    const size = staticShape([x.shape[axis]])[0];
    if (start < 0 || end > size || start >= end) {
      throw new InternalError(
        `slice: expected 0 <= start < end <= ${size}, got ${start} and ${end}`,
      );
    }
    return [{ dtype: x.dtype, shape: x.shape.map((dim, a) => (a === axis ? end - start : dim)) }];
  },
  gradient: ({ inputs: [x], attributes: { axis, start, end }, outputGradients: [dy] }) => [
    dy && pad(dy, axis, start, (x.shape[axis] as number) - end),
  ],
  emit: ({ attributes: { axis, start, end }, inputNames, outputNames }, emitter) =>
    emitSlice(emitter, inputNames[0], [start, end, axis], outputNames[0]),
};

/** `x[..., start:end, ...]` along one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const along = normalizeAxis("slice", axis, x.shape.length);
  if (start === 0 && end === x.shape[along]) return x;
  return x.graph.apply(sliceOperator, [x], { axis: along, start, end })[0];
}

const takeLastOperator: Operator<{ readonly axis: number }> = {
  name: "takeLast",
  infer: ([x], { axis }) => [
    { dtype: x.dtype, shape: x.shape.map((dim, a) => (a === axis ? 1 : dim)) },
  ],
  gradient: ({ inputs: [x], attributes: { axis }, outputGradients: [dy] }) => [
    dy && pad(dy, axis, staticShape([x.shape[axis]])[0] - 1, 0),
  ],
  emit: ({ attributes: { axis }, inputNames, outputNames }, emitter) =>
    emitSlice(emitter, inputNames[0], [-1, 2 ** 31 - 1, axis], outputNames[0]),
};

/** The last entry along an axis, whose size may be settled when the graph runs: size 1 is left. */
export function takeLast(x: Tensor, axis: number): Tensor {
  const along = normalizeAxis("takeLast", axis, x.shape.length);
  return x.graph.apply(takeLastOperator, [x], { axis: along })[0];
}

interface PadAttributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

const padOperator: Operator<PadAttributes> = {
  name: "pad",
  infer: ([x], { axis, before, after }) => {
    if (before < 0 || after < 0) {
      throw new InternalError(`pad: expected sizes of at least 0, got ${before} and ${after}`);
    }
    const size = staticShape([x.shape[axis]])[0] + before + after;
    return [{ dtype: x.dtype, shape: x.shape.map((dim, a) => (a === axis ? size : dim)) }];
  },
  gradient: ({ inputs: [x], attributes: { axis, before }, outputGradients: [dy] }) => [
    dy && slice(dy, axis, before, before + (x.shape[axis] as number)),
  ],
  emit: (
    { inputs: [x], attributes: { axis, before, after }, inputNames, outputNames },
    emitter,
  ) => {
    const pads = [before, after].flatMap((size) => x.shape.map((_, a) => (a === axis ? size : 0)));
    const inputs = [
      inputNames[0],
      emitter.constant("int64", [pads.length], pads),
      emitter.constant(x.dtype, [], [0]),
    ];
    emitter.node("Pad", inputs, { mode: { string: "constant" } }, { outputs: outputNames });
  },
};

/** Zeros before and after along one axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const along = normalizeAxis("pad", axis, x.shape.length);
  if (before === 0 && after === 0) return x;
  return x.graph.apply(padOperator, [x], { axis: along, before, after })[0];
}

const concatOperator: Operator<{ readonly axis: number }> = {
  name: "concat",
  infer: (inputs, { axis }) => {
    expectSameDType("concat", inputs);
    const [first] = inputs;
    for (const { shape } of inputs) {
      const fits =
        shape.length === first.shape.length &&
        shape.every((dim, a) => a === axis || dim === first.shape[a]);
      if (!fits) {
        const shapes = inputs.map((input) => formatShape(input.shape)).join(", ");
        throw new InternalError(`concat: shapes must agree but for axis ${axis}, got ${shapes}`);
      }
    }
    const total = totalSize(inputs.map((input) => input.shape[axis]));
    return [{ dtype: first.dtype, shape: first.shape.map((dim, a) => (a === axis ? total : dim)) }];
  },
  gradient: ({ inputs, attributes: { axis }, outputGradients: [dy] }) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + staticShape([input.shape[axis]])[0];
      const gradient = dy && slice(dy, axis, start, end);
      start = end;
      return gradient;
    });
  },
  emit: ({ attributes, inputNames, outputNames }, emitter) => {
    emitter.node(
      "Concat",
      inputNames,
      { axis: { int: attributes.axis } },
      { outputs: outputNames },
    );
  },
};

/** A size that is settled when the graph runs gives the sum a name: "L+1". */
function totalSize(sizes: readonly Dim[]): Dim {
  const names = sizes.filter((size) => typeof size === "string");
  const known = sizes.filter((size) => typeof size === "number");
  const sum = known.reduce((total, size) => total + size, 0);
  return names.length === 0 ? sum : [...names, sum].join("+");
}

/**
 * Tensors one after the other along an axis. Where a size along it is settled when the graph runs,
 * there is no gradient.
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 1) return tensors[0];
  const along = normalizeAxis("concat", axis, tensors[0].shape.length);
  return tensors[0].graph.apply(concatOperator, tensors, { axis: along })[0];
}

interface SplitAttributes {
  readonly axis: number;
  readonly sizes: readonly number[];
}

const splitOperator: Operator<SplitAttributes> = {
  name: "split",
  infer: ([x], { axis, sizes }) => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== x.shape[axis]) {
      throw new InternalError(`split: sizes ${formatShape(sizes)} must sum to ${x.shape[axis]}`);
    }
    return sizes.map((size) => ({
      dtype: x.dtype,
      shape: x.shape.map((dim, a) => (a === axis ? size : dim)),
    }));
  },
  gradient: ({ inputs: [x], attributes: { axis }, outputs, outputGradients }) => {
    const parts = outputs.map((output, index) => outputGradients[index] ?? zerosLike(output));
    return [x && concat(parts, axis)];
  },
  emit: ({ attributes, inputNames, outputNames }, emitter) =>
    emitSplit(emitter, inputNames[0], attributes, outputNames),
};

function zerosLike(x: Tensor): Tensor {
  const shape = staticShape(x.shape);
  const size = shape.reduce((product, dim) => product * dim, 1);
  return x.graph.constant(x.dtype, shape, new Float32Array(size));
}

/** The parts of `x` along an axis, of the given sizes, which sum to its size. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): readonly Tensor[] {
  const along = normalizeAxis("split", axis, x.shape.length);
  return sizes.length === 1 ? [x] : x.graph.apply(splitOperator, [x], { axis: along, sizes });
}
