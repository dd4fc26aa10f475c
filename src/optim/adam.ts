/**
 * Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), bias-corrected, on one flat vector
 * of all parameters: a dozen operators, however many parameters there are.
 */
import type { Tensor } from "../graph/graph.ts";
import { add, div, mul, sqrt, sub } from "../graph/operators/elementwise.ts";

export interface AdamOptions {
  /** Default: 0.9. */
  readonly beta1?: number;
  /** Default: 0.999. */
  readonly beta2?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /** AdamW's share of each weight to take away, times the learning rate. Default: 0, plain Adam. */
  readonly weightDecay?: number;
}

/** What Adam remembers, each `[P]`. */
export interface AdamState {
  readonly weights: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

/** What a step needs beside the gradient. */
export interface AdamInputs {
  /** `[]` */
  readonly learningRate: Tensor;
  /** `[]`, `1 - beta1^t` at step t, from `biasCorrections`. */
  readonly correction1: Tensor;
  /** `[]`, `1 - beta2^t` */
  readonly correction2: Tensor;
  /** `[P]`: 1 where weight decay applies, else 0, from `decayMask`. Default: it applies to all. */
  readonly decayMask?: Tensor;
  /** `[P]`: the share of the learning rate of each weight, decay included. Default: all of it. */
  readonly rateShares?: Tensor;
}

/**
 * One update.
 * @param gradient - `[P]`
 */
export function adam(
  state: AdamState,
  gradient: Tensor,
  inputs: AdamInputs,
  options: AdamOptions = {},
): AdamState {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const { learningRate, correction1, correction2, rateShares } = inputs;
  const firstMoment = add(mul(state.firstMoment, beta1), mul(gradient, 1 - beta1));
  const secondMoment = add(mul(state.secondMoment, beta2), mul(mul(gradient, gradient), 1 - beta2));
  // Corrections are single numbers: taken out of the vectors they cost no pass over memory.
  const correction = sqrt(correction2);
  const deviation = add(sqrt(secondMoment), mul(correction, epsilon));
  const step = mul(div(firstMoment, deviation), div(mul(learningRate, correction), correction1));
  const whole = weightDecay === 0 ? step : add(step, decay(state.weights, inputs, weightDecay));
  const change = rateShares ? mul(whole, rateShares) : whole;
  return { weights: sub(state.weights, change), firstMoment, secondMoment };
}

function decay(weights: Tensor, inputs: AdamInputs, weightDecay: number): Tensor {
  const { learningRate, decayMask } = inputs;
  return mul(decayMask ? mul(weights, decayMask) : weights, mul(learningRate, weightDecay));
}

/** `1 - beta^t`, by which the moments of step `t` (from 1) are too small. */
export function biasCorrections(step: number, options: AdamOptions = {}): [number, number] {
  const { beta1 = 0.9, beta2 = 0.999 } = options;
  return [1 - beta1 ** step, 1 - beta2 ** step];
}
