/**
 * The golden values of `fixtures/pytorch/golden.json`; how they were made is told beside them.
 */
import { readFileSync } from "node:fs";
import type { Bert4RecConfig } from "../src/models/bert4rec.ts";

type Flat = readonly number[];

export interface GoldenLayer {
  readonly name: string;
  readonly normPlacement: "pre" | "post";
  readonly isPadded: boolean;
  readonly isCausal: boolean;
  readonly weights: Readonly<Record<string, Flat>>;
  readonly x: Flat;
  readonly cotangent: Flat;
  readonly y: Flat;
  readonly dx: Flat;
  readonly gradients: Readonly<Record<string, Flat>>;
}

export interface GoldenLoss {
  readonly loss: number;
  /** Of hidden states, items and biases. */
  readonly gradients: readonly Flat[];
}

export interface GoldenOptimizer {
  readonly weightDecay: number;
  readonly maxNorm: number | null;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** A matrix `[2, 3]`, then a vector `[4]`. */
  readonly start: Flat;
  readonly gradients: readonly Flat[];
  readonly after: readonly Flat[];
}

export interface GoldenTraining {
  readonly config: Bert4RecConfig;
  readonly batchShape: readonly [number, number];
  readonly learningRate: number;
  readonly weights: Readonly<Record<string, Flat>>;
  readonly batches: readonly { tokens: Flat; positions: Flat; targets: Flat }[];
  readonly losses: Flat;
}

export interface Golden {
  readonly transformerLayers: readonly GoldenLayer[];
  readonly catalogLosses: {
    readonly hidden: Flat;
    readonly items: Flat;
    readonly bias: Flat;
    readonly targets: Flat;
    readonly weights: Flat;
    readonly negatives: Flat;
    readonly calibration: number;
    readonly logProbabilities: readonly number[];
    readonly sampledSoftmax: GoldenLoss;
    readonly softmaxCrossEntropy: GoldenLoss;
    readonly generalizedBce: GoldenLoss;
  };
  readonly binaryCrossEntropy: {
    readonly logits: Flat;
    readonly labels: Flat;
    readonly weights: Flat;
    readonly loss: number;
    readonly gradient: Flat;
  };
  readonly optimizers: readonly GoldenOptimizer[];
  readonly training: GoldenTraining;
}

export const golden = JSON.parse(
  readFileSync(new URL("fixtures/pytorch/golden.json", import.meta.url), "utf8"),
) as Golden;
