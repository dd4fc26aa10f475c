/**
 * The golden training of BERT4Rec, run by the very trainer that `usher train` uses.
 */
import { createNetwork } from "../src/models/networks.ts";
import { countParameters, sliceParameters } from "../src/nn/parameters.ts";
import { type Backend, loadRuntime } from "../src/runtime/load-runtime.ts";
import type { TrainableModel } from "../src/training/trainable-model.ts";
import { createTrainer, type Slice, type StepInput } from "../src/training/trainer.ts";
import { type GoldenTraining, golden } from "./golden.ts";

/** How a batch of sequences goes into one step: whole, in slices, or as batches that add up. */
export type Arrangement = "whole" | "slices" | "accumulated";

export interface TrainOptions {
  readonly arrangement?: Arrangement;
  readonly dropoutRate?: number;
}

/** The loss of each of the ten steps, from the golden weights and batches. */
export async function trainGolden(backend: Backend, options: TrainOptions = {}): Promise<number[]> {
  const { arrangement = "whole", dropoutRate = 0 } = options;
  const { training } = golden;
  const model = createNetwork({ config: { kind: "bert4rec", ...training.config }, dropoutRate });
  const trainer = createTrainer(await loadRuntime({ backend }), model, {
    seed: 1,
    averageDecay: 0,
    maxGradientNorm: Number.POSITIVE_INFINITY,
    session: { numThreads: 1 },
  });
  try {
    trainer.restore(startOf(model, training));
    const losses: number[] = [];
    for (const batch of training.batches)
      losses.push(await trainer.step(toStep(batch, arrangement)));
    return losses;
  } finally {
    await trainer.dispose();
  }
}

function startOf(model: TrainableModel, { weights }: GoldenTraining) {
  const zeros = (): Float32Array => new Float32Array(countParameters(model.parameters));
  const flat = zeros();
  const parts = sliceParameters(flat, model.parameters);
  for (const [name, part] of parts) part.set(weights[name]);
  const unknown = Object.keys(weights).filter((name) => !parts.has(name));
  if (unknown.length > 0) throw new Error(`the model has no parameters ${unknown}`);
  const moments = { firstMoment: zeros(), secondMoment: zeros() };
  return { step: 0, weights: flat, ...moments, average: flat.slice() };
}

type Batch = GoldenTraining["batches"][number];

function toStep(batch: Batch, arrangement: Arrangement): StepInput {
  const { learningRate, batchShape } = golden.training;
  const half = batchShape[0] / 2;
  const halves = [toSlice(batch, 0, half), toSlice(batch, half, 2 * half)];
  const batches = {
    whole: [[toSlice(batch, 0, 2 * half)]],
    slices: [halves],
    accumulated: halves.map((slice) => [slice]),
  };
  return { learningRate, batches: batches[arrangement] };
}

/**
 * Some sequences of a batch; each target counts its share of the whole batch. Targets that count
 * nothing fill the shape, so that one compiled graph serves all steps.
 */
function toSlice({ tokens, positions, targets }: Batch, start: number, end: number): Slice {
  const [, length] = golden.training.batchShape;
  const [first, last] = [start * length, end * length];
  const own = positions
    .map((_, i) => i)
    .filter((i) => positions[i] >= first && positions[i] < last);
  const int32 = (shape: number[], values: readonly number[]) =>
    ({ dtype: "int32", shape, data: Int32Array.from(values) }) as const;
  const size = last - first;
  const filled = (values: readonly number[]): number[] => [
    ...values,
    ...Array.from({ length: size - values.length }, () => 0),
  ];
  const weights = new Float32Array(size).fill(1 / targets.length, 0, own.length);
  return {
    tokens: int32([end - start, length], tokens.slice(first, last)),
    positions: int32([size], filled(own.map((i) => positions[i] - first))),
    targets: int32([size], filled(own.map((i) => targets[i]))),
    weights: { dtype: "float32", shape: [size], data: weights },
  };
}
