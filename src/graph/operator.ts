/**
 * What an operator is: the type of its outputs, its gradient, and the ONNX nodes that compute it.
 */
import type { DType } from "../common/dtype.ts";
import type { OnnxAttribute } from "../onnx/model.ts";
import type { Tensor, TensorType } from "./graph.ts";

/** One use of an operator, as its gradient sees it. */
export interface GradientCall<A> {
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
  /** One for each output; null where the loss does not depend on it. */
  readonly outputGradients: readonly (Tensor | null)[];
}

/** One use of an operator, as it is written to ONNX. */
export interface EmitCall<A> {
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** For each output, whether anything reads it. */
  readonly isUsed: readonly boolean[];
}

/** "standard" writes ai.onnx only; "onnxruntime" may use its faster, fused operators. */
export type Dialect = "standard" | "onnxruntime";

/** Where operators write their nodes. */
export interface Emitter {
  readonly dialect: Dialect;
  /** Writes a node; without `outputNames` it makes one, and returns what was written. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    options?: { readonly outputs?: readonly string[]; readonly domain?: string },
  ): string;
  /** The name of a constant; equal ones are written once. */
  constant(dtype: DType, shape: readonly number[], values: ArrayLike<number>): string;
}

export interface Operator<A> {
  readonly name: string;
  /** Checks the inputs and says what comes out. @throws InternalError naming what was expected. */
  infer(inputs: readonly Tensor[], attributes: A): readonly TensorType[];
  /** The gradient of each input; null in place of one, or of all, where there is none. */
  readonly gradient: ((call: GradientCall<A>) => readonly (Tensor | null)[]) | null;
  emit(call: EmitCall<A>, emitter: Emitter): void;
}
