/**
 * The graphs of one training step: the gradient of a batch, and the update of the weights.
 *
 * They are two, so that a step may add up the gradients of several batches, and so that all step
 * shapes share one update.
 */
import type { DType } from "../common/dtype.ts";
import { gradients } from "../graph/gradient.ts";
import { Graph, type Tensor } from "../graph/graph.ts";
import { add, mul, sub } from "../graph/operators/elementwise.ts";
import { createDropout } from "../graph/operators/random.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { countParameters, decayMask, rateShares, weightsOf } from "../nn/parameters.ts";
import type { Dim } from "../onnx/model.ts";
import { type AdamOptions, adam } from "../optim/adam.ts";
import { clipByGlobalNorm } from "../optim/clip-by-global-norm.ts";
import type { TrainableModel } from "./trainable-model.ts";

/** The type of each value of a slice, by name: what a graph has to be compiled for. */
export type SliceShape = Readonly<
  Record<string, { readonly dtype: DType; readonly shape: readonly number[] }>
>;

/** How many numbers a scalar input and the flat vectors hold. */
const scalar: readonly Dim[] = [];

/**
 * Inputs: `weights` `[P]`, `dropoutKey` uint32 `[]`, and `slice<i>/<name>` for each slice.
 * Outputs: `loss` `[]`, the sum over the slices, and `gradient` `[P]`.
 *
 * A batch is worked on in slices because the values between forward and backward of a slice stay in
 * the processor's caches.
 */
export function gradientGraph(model: TrainableModel, slices: readonly SliceShape[]): Uint8Array {
  const graph = new Graph();
  const flat = graph.input("weights", "float32", [countParameters(model.parameters)]);
  const key = graph.input("dropoutKey", "uint32", scalar);
  const context = {
    weights: weightsOf(flat, model.parameters),
    dropout: createDropout(key, model.dropoutRate),
  };
  const losses = slices.map((shape, index) => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, { dtype, shape: sizes }] of Object.entries(shape)) {
      inputs[name] = graph.input(sliceInput(index, name), dtype, sizes);
    }
    return model.loss(inputs, context);
  });
  const loss = losses.reduce((sum, sliceLoss) => add(sum, sliceLoss));
  const [gradient] = gradients(loss, [flat]);
  return toOnnx(graph, { loss, gradient }, { dialect: "onnxruntime" });
}

/** The name under which a slice's value enters the gradient graph. */
export function sliceInput(index: number, name: string): string {
  return `slice${index}/${name}`;
}

export interface UpdateOptions extends AdamOptions {
  /** Gradients longer than this are shortened to it; Infinity leaves them. */
  readonly maxGradientNorm: number;
}

/** What the names of the updated vectors begin with. */
export const NEXT = "next/";

/**
 * Inputs: `weights`, `firstMoment`, `secondMoment`, `average`, `gradient0` ... , all `[P]`, and the
 * scalars `learningRate`, `correction1`, `correction2`, `averageShare`. Outputs: the first four,
 * updated, as `next/weights` ...
 */
export function updateGraph(
  model: TrainableModel,
  numGradients: number,
  options: UpdateOptions,
): Uint8Array {
  const graph = new Graph();
  const size = [countParameters(model.parameters)];
  const vector = (name: string): Tensor => graph.input(name, "float32", size);
  const number = (name: string): Tensor => graph.input(name, "float32", scalar);
  const state = {
    weights: vector("weights"),
    firstMoment: vector("firstMoment"),
    secondMoment: vector("secondMoment"),
  };
  const average = vector("average");
  const sum = Array.from({ length: numGradients }, (_, i) => vector(`gradient${i}`)).reduce(
    (a, b) => add(a, b),
  );
  const clipped =
    options.maxGradientNorm === Number.POSITIVE_INFINITY
      ? sum
      : clipByGlobalNorm(sum, options.maxGradientNorm);
  const scalars = {
    learningRate: number("learningRate"),
    correction1: number("correction1"),
    correction2: number("correction2"),
    // Biases and norms keep their size (Loshchilov & Hutter's practice, as in BERT).
    ...(options.weightDecay && {
      decayMask: graph.constant("float32", size, decayMask(model.parameters)),
    }),
  };
  const shares = rateShares(model.parameters);
  const next = adam(
    state,
    clipped,
    { ...scalars, ...(shares && { rateShares: graph.constant("float32", size, shares) }) },
    options,
  );
  const nextAverage = add(average, mul(sub(next.weights, average), number("averageShare")));
  return toOnnx(
    graph,
    {
      [`${NEXT}weights`]: next.weights,
      [`${NEXT}firstMoment`]: next.firstMoment,
      [`${NEXT}secondMoment`]: next.secondMoment,
      [`${NEXT}average`]: nextAverage,
    },
    { dialect: "onnxruntime" },
  );
}

/** Inputs: `weights` `[P]`, and `history/<name>` for each value. Output: `scores` `[B, N]`. */
export function scoreGraph(model: TrainableModel, shape: SliceShape): Uint8Array {
  const graph = new Graph();
  const flat = graph.input("weights", "float32", [countParameters(model.parameters)]);
  const histories: Record<string, Tensor> = {};
  for (const [name, { dtype, shape: sizes }] of Object.entries(shape)) {
    histories[name] = graph.input(historyInput(name), dtype, sizes);
  }
  const context = {
    weights: weightsOf(flat, model.parameters),
    dropout: (x: Tensor): Tensor => x,
  };
  return toOnnx(graph, { scores: model.scores(histories, context) }, { dialect: "onnxruntime" });
}

/** The name under which what is read of a history enters the score graph. */
export function historyInput(name: string): string {
  return `history/${name}`;
}
