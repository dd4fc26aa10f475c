/**
 * The layers that transformers are made of. A layer is two functions: what it has to learn, and
 * what it computes. Shapes: `T` rows of a batch, `D` embedding, `N` catalog.
 */
import type { Tensor } from "../graph/graph.ts";
import { add, gelu } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { gemm, matmul } from "../graph/operators/linear-algebra.ts";
import { layerNorm as layerNormOperator } from "../graph/operators/normalization.ts";
import { type Initializer, ones, zeros } from "./initialization.ts";
import type { ParameterSpec, Weights } from "./parameters.ts";

/** What a layer needs besides its input. */
export interface LayerContext {
  readonly weights: Weights;
  /** Drops elements while training; returns its argument otherwise. */
  readonly dropout: (x: Tensor) => Tensor;
}

export function embeddingParameters(
  name: string,
  numRows: number,
  dim: number,
  initialize: Initializer,
): ParameterSpec[] {
  return [{ name, shape: [numRows, dim], initialize }];
}

/** The row of a table for each index: int32 `[...]` to `[..., D]`. */
export function embedding(indices: Tensor, name: string, { weights }: LayerContext): Tensor {
  return gather(weights(name), indices);
}

export function linearParameters(
  name: string,
  inputDim: number,
  outputDim: number,
  initialize: Initializer,
): ParameterSpec[] {
  return [
    { name: `${name}/weight`, shape: [inputDim, outputDim], initialize },
    { name: `${name}/bias`, shape: [outputDim], initialize: zeros },
  ];
}

/** `x W + b` on each row: `[..., inputDim]` to `[..., outputDim]`. */
export function linear(x: Tensor, name: string, { weights }: LayerContext): Tensor {
  const weight = weights(`${name}/weight`);
  const bias = weights(`${name}/bias`);
  return x.shape.length === 2 ? gemm(x, weight, bias) : add(matmul(x, weight), bias);
}

export function layerNormParameters(name: string, dim: number): ParameterSpec[] {
  return [
    { name: `${name}/gain`, shape: [dim], initialize: ones },
    { name: `${name}/bias`, shape: [dim], initialize: zeros },
  ];
}

/** Layer norm (Ba et al. 2016) of each row: `[T, D]`. */
export function layerNorm(x: Tensor, name: string, { weights }: LayerContext): Tensor {
  return layerNormOperator(x, weights(`${name}/gain`), weights(`${name}/bias`), 1e-5);
}

export function feedForwardParameters(
  name: string,
  dim: number,
  hiddenDim: number,
  initialize: Initializer,
): ParameterSpec[] {
  return [
    ...linearParameters(`${name}/expand`, dim, hiddenDim, initialize),
    ...linearParameters(`${name}/contract`, hiddenDim, dim, initialize),
  ];
}

/** Two linear layers with a GELU between, on each row: `[T, D]`. */
export function feedForward(x: Tensor, name: string, context: LayerContext): Tensor {
  const hidden = gelu(linear(x, `${name}/expand`, context));
  return linear(hidden, `${name}/contract`, context);
}
