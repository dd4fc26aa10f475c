/**
 * Rules about sizes that several operators share.
 */
import { InternalError } from "../common/errors.ts";
import type { Dim } from "../onnx/model.ts";
import type { Tensor } from "./graph.ts";

/** A shape as messages show it: `[64, 50, 128]`. */
export function formatShape(shape: readonly Dim[]): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The number of elements. @throws InternalError where a size is not known yet. */
export function sizeOf(shape: readonly Dim[]): number {
  return staticShape(shape).reduce((product, dim) => product * dim, 1);
}

/** The shape with every size known. @throws InternalError where one is not. */
export function staticShape(shape: readonly Dim[]): readonly number[] {
  if (shape.some((dim) => typeof dim === "string")) {
    throw new InternalError(`shape ${formatShape(shape)} must be known when the graph is built`);
  }
  return shape as readonly number[];
}

/** `axis` counted from the front; -1 is the last. */
export function normalizeAxis(operator: string, axis: number, rank: number): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new InternalError(`${operator}: axis must be in [${-rank}, ${rank}), got ${axis}`);
  }
  return normalized;
}

/** NumPy's broadcasting: aligned at the right, sizes are equal or one of them is 1. */
export function broadcastShapes(
  operator: string,
  a: readonly Dim[],
  b: readonly Dim[],
): readonly Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new InternalError(
      `${operator}: shapes must broadcast, got ${formatShape(a)} and ${formatShape(b)}`,
    );
  });
}

/** @throws InternalError unless all have the element type of the first. */
export function expectSameDType(operator: string, tensors: readonly Tensor[]): void {
  if (tensors.some((tensor) => tensor.dtype !== tensors[0].dtype)) {
    const got = tensors.map((tensor) => tensor.dtype).join(" and ");
    throw new InternalError(`${operator}: element types must be equal, got ${got}`);
  }
}

/** @throws InternalError unless the element type is one of `allowed`. */
export function expectDType(
  operator: string,
  tensor: Tensor,
  ...allowed: readonly Tensor["dtype"][]
): void {
  if (!allowed.includes(tensor.dtype)) {
    throw new InternalError(`${operator}: expected ${allowed.join(" or ")}, got ${tensor.dtype}`);
  }
}
