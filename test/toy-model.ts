/**
 * A model that trains in milliseconds, and something for it to learn: which item follows which.
 */
import { createRandom } from "../src/common/random.ts";
import { add } from "../src/graph/operators/elementwise.ts";
import { gather } from "../src/graph/operators/indexing.ts";
import { matmul } from "../src/graph/operators/linear-algebra.ts";
import { reshape, takeLast } from "../src/graph/operators/movement.ts";
import { truncatedNormal, zeros } from "../src/nn/initialization.ts";
import { softmaxCrossEntropy } from "../src/nn/losses.ts";
import type { Runtime } from "../src/runtime/session.ts";
import type { StepBatches } from "../src/training/loop.ts";
import type { TrainableModel } from "../src/training/trainable-model.ts";
import type { Slice, TrainerOptions } from "../src/training/trainer.ts";

/** `N` */
export const TOY_ITEMS = 12;

/** A table of items as they are read, and one of items as they are predicted. */
export function toyModel(dropoutRate = 0): TrainableModel {
  const dim = 8;
  const initialize = truncatedNormal(0.5);
  return {
    name: "toy",
    parameters: [
      { name: "read", shape: [TOY_ITEMS, dim], initialize },
      { name: "predicted", shape: [TOY_ITEMS, dim], initialize },
      { name: "bias", shape: [TOY_ITEMS], initialize: zeros },
    ],
    dropoutRate,
    loss: ({ items, targets, weights }, context) => {
      const hidden = context.dropout(gather(context.weights("read"), items));
      const labels = { items: targets, weights };
      return softmaxCrossEntropy(
        hidden,
        context.weights("predicted"),
        context.weights("bias"),
        labels,
      );
    },
    scores: ({ tokens }, { weights }) => {
      const [batch] = tokens.shape as number[];
      const hidden = gather(weights("read"), reshape(takeLast(tokens, 1), [batch]));
      return add(matmul(hidden, weights("predicted"), { transposeB: true }), weights("bias"));
    },
  };
}

/** Every item is followed by one other. */
export function toyNext(item: number): number {
  return (5 * item + 1) % TOY_ITEMS;
}

/** @param numTargets - of the whole step: each of them counts the same. */
export function toySlice(items: readonly number[], numTargets = items.length): Slice {
  const shape = [items.length];
  return {
    items: { dtype: "int32", shape, data: Int32Array.from(items) },
    targets: { dtype: "int32", shape, data: Int32Array.from(items, toyNext) },
    weights: {
      dtype: "float32",
      shape,
      data: new Float32Array(items.length).fill(1 / numTargets),
    },
  };
}

/** Steps of two batches of two slices, drawn by the seed and their place. */
export function toyStep(seed: number, epoch: number, index: number): StepBatches {
  const random = createRandom(seed, "toy", epoch, index);
  const draw = (): Slice =>
    toySlice(
      Array.from({ length: 6 }, () => random.nextInt(TOY_ITEMS)),
      24,
    );
  return {
    batches: [
      [draw(), draw()],
      [draw(), draw()],
    ],
    numTokens: 24,
  };
}

/** Asked for another device this runtime takes the CPU, so that every node falls back to it. */
export function withoutDevices(runtime: Runtime): Runtime {
  return {
    ...runtime,
    createSession: (model, options) => runtime.createSession(model, { ...options, device: "cpu" }),
  };
}

export const toyOptions: TrainerOptions = {
  seed: 7,
  averageDecay: 0.9,
  maxGradientNorm: 5,
  session: { numThreads: 1 },
};
