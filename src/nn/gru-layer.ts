/**
 * A layer of gated recurrent units (Cho et al. 2014) over padded sequences.
 * Shapes: `B` batch, `L` length, `I` inputs, `H` hidden.
 */
import type { Tensor } from "../graph/graph.ts";
import { concat, transpose } from "../graph/operators/movement.ts";
import { gru } from "../graph/operators/recurrent.ts";
import { glorotUniform, zeros } from "./initialization.ts";
import type { LayerContext } from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";

export function gruLayerParameters(
  name: string,
  inputDim: number,
  hiddenDim: number,
): ParameterSpec[] {
  return [
    { name: `${name}/input`, shape: [3 * hiddenDim, inputDim], initialize: glorotUniform },
    { name: `${name}/state`, shape: [3 * hiddenDim, hiddenDim], initialize: glorotUniform },
    { name: `${name}/biases`, shape: [2, 3 * hiddenDim], initialize: zeros },
  ];
}

/** Closes a gate whatever else is added up in it. */
const CLOSED = 1e4;

/**
 * The state after each position; padding leaves the state as it was.
 * @param x - `[B, L, I]`
 * @param isPadding - 1 where a position is padding, else 0: `[B, L, 1]`
 * @returns `[B, L, H]`
 */
export function gruLayer(
  x: Tensor,
  isPadding: Tensor,
  name: string,
  { weights }: LayerContext,
): Tensor {
  const stateWeight = weights(`${name}/state`);
  const [gates, hiddenDim] = stateWeight.shape as readonly number[];
  // An input of its own holds the update gate at 1 over padding: the new state is the old one.
  const column = Float32Array.from({ length: gates }, (_, gate) => (gate < hiddenDim ? CLOSED : 0));
  const inputWeight = concat(
    [weights(`${name}/input`), x.graph.constant(x.dtype, [gates, 1], column)],
    1,
  );
  const byTime = transpose(concat([x, isPadding], 2), [1, 0, 2]);
  return transpose(gru(byTime, inputWeight, stateWeight, weights(`${name}/biases`)), [1, 0, 2]);
}
