/**
 * What comes next as a linear function of what came before, in closed form: with `X` the inputs, the
 * newest at 1 and each older one `decay` times the one after it, and `Y` the targets,
 * `B = (X^T X + l2 I)^-1 X^T Y` (Hoerl & Kennard 1970). The baseline that a network for this task
 * must outdo.
 */
import { InputError } from "../common/errors.ts";
import { inputsOf, type NextFilms, targetsOf } from "../data/next-films.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { createInverter } from "./invert.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";

export interface NextFilmsRidgeOptions {
  /** Above 0, at most 1. */
  readonly decay: number;
  /** Above 0: how much large weights cost. */
  readonly l2: number;
}

/**
 * @param windows - those to learn from.
 * @throws InputError when a setting is out of range.
 */
export async function fitNextFilmsRidge(
  task: NextFilms,
  windows: Uint32Array,
  { decay, l2 }: NextFilmsRidgeOptions,
): Promise<Recommender> {
  if (!(decay > 0 && decay <= 1)) {
    throw new InputError(`ridge: decay must be above 0 and at most 1, got ${decay}`);
  }
  if (!(l2 > 0 && l2 < Infinity)) throw new InputError(`ridge: l2 must be above 0, got ${l2}`);
  const numItems = task.interactions.itemIds.length;
  const gram = new Float64Array(numItems * numItems); // X^T X
  const cross = new Float64Array(numItems * numItems); // X^T Y
  for (const window of windows) {
    const inputs = inputsOf(task, window);
    const targets = targetsOf(task, window);
    for (let a = 0; a < inputs.length; a++) {
      const row = inputs[a] * numItems;
      const weight = decay ** (inputs.length - 1 - a);
      for (let b = 0; b < inputs.length; b++) {
        gram[row + inputs[b]] += weight * decay ** (inputs.length - 1 - b);
      }
      for (const target of targets) cross[row + target] += weight;
    }
  }
  for (let i = 0; i < numItems; i++) gram[i * numItems + i] += l2;
  const weights = await solve(gram, cross, numItems);
  return createRowRecommender("ridge", numItems, (items, row) => {
    for (let i = 0; i < items.length; i++) {
      const weight = decay ** (items.length - 1 - i);
      const start = items[i] * numItems;
      for (let j = 0; j < numItems; j++) row[j] += weight * weights[start + j];
    }
  });
}

/** `G^-1 C` of a symmetric positive definite `G`; overwrites `G`. */
async function solve(gram: Float64Array, cross: Float64Array, size: number): Promise<Float32Array> {
  const inverter = await createInverter(await loadRuntime());
  await inverter.invert(gram, size).finally(() => inverter.dispose());
  const solution = new Float32Array(size * size);
  const row = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    row.fill(0);
    for (let k = 0; k < size; k++) {
      const factor = gram[i * size + k];
      for (let j = 0; j < size; j++) row[j] += factor * cross[k * size + j];
    }
    solution.set(row, i * size);
  }
  return solution;
}
