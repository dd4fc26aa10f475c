/**
 * How parameters start, each scheme named after its source.
 */
import type { Random } from "../common/random.ts";

/** Fills `values`, a parameter of the given shape. */
export type Initializer = (values: Float32Array, shape: readonly number[], random: Random) => void;

export const zeros: Initializer = (values) => {
  values.fill(0);
};

export const ones: Initializer = (values) => {
  values.fill(1);
};

/** A normal distribution cut at two deviations, as BERT starts all its matrices (Devlin et al. 2018). */
export function truncatedNormal(deviation: number): Initializer {
  return (values, _shape, random) => {
    for (let i = 0; i < values.length; i++) {
      let value = random.nextNormal();
      while (Math.abs(value) > 2) value = random.nextNormal();
      values[i] = value * deviation;
    }
  };
}

/** Uniform over +-sqrt(6 / (inputs + outputs)) (Glorot & Bengio 2010), for `[inputs, outputs]`. */
export const glorotUniform: Initializer = (values, shape, random) => {
  const limit = Math.sqrt(6 / (shape[0] + shape[1]));
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.next() - 1) * limit;
};

/** A number on the diagonal of a square matrix, zeros elsewhere. */
export function scaledIdentity(scale: number): Initializer {
  return (values, [dim]) => {
    values.fill(0);
    for (let i = 0; i < dim; i++) values[i * dim + i] = scale;
  };
}

/** Starts a parameter at given values of its size. */
export function copyOf(start: Float32Array): Initializer {
  return (values) => {
    values.set(start);
  };
}
