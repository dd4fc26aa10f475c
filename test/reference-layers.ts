/**
 * Layers and losses in float64 as their formulas read, with loops over rows: the references that
 * the graphs are compared with. A matrix is an array of rows.
 */
import { gelu, sigmoid } from "./special-functions.ts";

export type Matrix = readonly (readonly number[])[];

/** A flat, row-major array as rows of a width. */
export function toRows(values: readonly number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    values.slice(row * width, (row + 1) * width),
  );
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

export function softmax(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** `x W + b`, with `W` of `[inputs, outputs]`. */
export function linear(x: Matrix, weight: Matrix, bias: readonly number[]): number[][] {
  return x.map((row) =>
    bias.map((b, j) => b + row.reduce((sum, v, i) => sum + v * weight[i][j], 0)),
  );
}

export function layerNorm(x: Matrix, gain: readonly number[], bias: readonly number[]): number[][] {
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    const deviation = Math.sqrt(variance + 1e-5);
    return row.map((value, i) => ((value - mean) / deviation) * gain[i] + bias[i]);
  });
}

export interface Sight {
  /** Whether a key is padding. */
  readonly isPadding: readonly boolean[];
  readonly isCausal: boolean;
}

/** Attention of one head in one sequence, all `[L, E]`: keys that may not be seen are left out. */
export function attend(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  { isPadding, isCausal }: Sight,
): number[][] {
  const scale = 1 / Math.sqrt(q[0].length);
  return q.map((query, position) => {
    const seen = k
      .map((_, key) => key)
      .filter((key) => !isPadding[key] && !(isCausal && key > position));
    const weights = softmax(seen.map((key) => scale * dot(query, k[key])));
    return v[0].map((_, e) => weights.reduce((sum, weight, i) => sum + weight * v[seen[i]][e], 0));
  });
}

/** Flat parameters by the last part of their names, e.g. "attention/input/weight". */
export type Parameters = Readonly<Record<string, readonly number[]>>;

/** A transformer block on one sequence `[L, D]`. */
export function transformerBlock(
  x: Matrix,
  parameters: Parameters,
  options: Sight & { readonly numHeads: number; readonly normPlacement: "pre" | "post" },
): number[][] {
  const norm = (rows: Matrix, name: string): number[][] =>
    layerNorm(rows, parameters[`${name}/gain`], parameters[`${name}/bias`]);
  const apply = (rows: Matrix, name: string): number[][] => {
    const bias = parameters[`${name}/bias`];
    return linear(rows, toRows(parameters[`${name}/weight`], bias.length), bias);
  };
  const attention = (rows: Matrix): number[][] =>
    apply(selfAttend(apply(rows, "attention/input"), options), "attention/output");
  const forward = (rows: Matrix): number[][] => {
    const hidden = apply(rows, "feed-forward/expand").map((row) => row.map(gelu));
    return apply(hidden, "feed-forward/contract");
  };
  const residual = (rows: Matrix, layer: (x: Matrix) => number[][], name: string): number[][] =>
    options.normPlacement === "pre"
      ? sum(rows, layer(norm(rows, name)))
      : norm(sum(rows, layer(rows)), name);
  return residual(residual(x, attention, "attention-norm"), forward, "feed-forward-norm");
}

/** `[L, 3 D]`, queries, keys and values beside each other, to `[L, D]`, head beside head. */
function selfAttend(projected: Matrix, options: Sight & { readonly numHeads: number }): number[][] {
  const dim = projected[0].length / 3;
  const width = dim / options.numHeads;
  const part = (which: number, head: number): number[][] =>
    projected.map((row) => row.slice(which * dim + head * width, which * dim + (head + 1) * width));
  const heads = Array.from({ length: options.numHeads }, (_, head) =>
    attend(part(0, head), part(1, head), part(2, head), options),
  );
  return projected.map((_, position) => heads.flatMap((head) => head[position]));
}

function sum(a: Matrix, b: Matrix): number[][] {
  return a.map((row, i) => row.map((value, j) => value + b[i][j]));
}

/** The arguments of a loss over items: `[M, D]`, `[N, D]`, `[N]`, `[M]`, `[M]`. */
export interface LossArguments {
  readonly hidden: Matrix;
  readonly items: Matrix;
  readonly bias: readonly number[];
  readonly targets: readonly number[];
  readonly weights: readonly number[];
}

/** Scores `[M, N]`. */
export function scores({ hidden, items, bias }: LossArguments): number[][] {
  return hidden.map((row) => items.map((item, n) => dot(row, item) + bias[n]));
}

/** `-sum(weights * log softmax(scores)[targets])` */
export function softmaxCrossEntropy(args: LossArguments): number {
  const perTarget = scores(args).map((row, m) => -Math.log(softmax(row)[args.targets[m]]));
  return dot(perTarget, args.weights);
}

/**
 * The states of a GRU after every step, `[L, B, H]`, gate by gate.
 * @param inputs - `x` `[L, B, I]`, `inputWeight` `[3H, I]`, `stateWeight` `[3H, H]` and `biases` `[2, 3H]`.
 */
export function gru(
  [x, inputWeight, stateWeight, biases]: readonly (readonly number[])[],
  [length, batch, inputDim, hidden]: readonly number[],
): number[] {
  const inputs = toRows(x, inputDim);
  const states: number[][] = [];
  for (let row = 0; row < length * batch; row++) {
    const before = states[row - batch] ?? new Array<number>(hidden).fill(0);
    const fromInput = toRows(inputWeight, inputDim).map(
      (weights, gate) => dot(weights, inputs[row]) + biases[gate],
    );
    const fromState = toRows(stateWeight, hidden).map(
      (weights, gate) => dot(weights, before) + biases[3 * hidden + gate],
    );
    states.push(
      before.map((old, h) => {
        const z = sigmoid(fromInput[h] + fromState[h]);
        const r = sigmoid(fromInput[hidden + h] + fromState[hidden + h]);
        const n = Math.tanh(fromInput[2 * hidden + h] + r * fromState[2 * hidden + h]);
        return (1 - z) * n + z * old;
      }),
    );
  }
  return states.flat();
}
