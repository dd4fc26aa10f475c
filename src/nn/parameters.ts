/**
 * The weights of a model: named parts of one flat vector.
 *
 * One vector keeps the optimizer to a handful of operators, however many parameters there are; a
 * model sees its parts by name.
 */
import { InternalError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Graph, Tensor } from "../graph/graph.ts";
import { reshape, split } from "../graph/operators/movement.ts";
import type { Initializer } from "./initialization.ts";

export interface ParameterSpec {
  /** Unique in its model, with slashes: "block0/attention/output/weight". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialize: Initializer;
  /** The share of the learning rate by which it learns. Default: 1. */
  readonly rateShare?: number | undefined;
}

/** Gives a model its parameters as tensors, by name. */
export type Weights = (name: string) => Tensor;

/** How many numbers a parameter holds. */
export function parameterSize({ shape }: ParameterSpec): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** The length of the flat vector: `P`. */
export function countParameters(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, spec) => sum + parameterSize(spec), 0);
}

/**
 * Where weight decay applies, for a flat vector `[P]`: 1 for matrices and tables; 0 for biases and
 * the gains of norms, which have one axis.
 */
export function decayMask(specs: readonly ParameterSpec[]): Float32Array {
  const mask = new Float32Array(countParameters(specs));
  const parts = sliceParameters(mask, specs);
  for (const { name, shape } of specs) if (shape.length > 1) parts.get(name)?.fill(1);
  return mask;
}

/** For a flat vector `[P]`, the share of the learning rate of each number; null where all are 1. */
export function rateShares(specs: readonly ParameterSpec[]): Float32Array | null {
  if (specs.every(({ rateShare = 1 }) => rateShare === 1)) return null;
  const shares = new Float32Array(countParameters(specs));
  const parts = sliceParameters(shares, specs);
  for (const { name, rateShare = 1 } of specs) parts.get(name)?.fill(rateShare);
  return shares;
}

/** The first weights: every parameter has its own random stream, so adding one moves no other. */
export function initializeParameters(specs: readonly ParameterSpec[], seed: number): Float32Array {
  const flat = new Float32Array(countParameters(specs));
  let offset = 0;
  for (const spec of specs) {
    const size = parameterSize(spec);
    const random = createRandom(seed, "initialization", spec.name);
    spec.initialize(flat.subarray(offset, offset + size), spec.shape, random);
    offset += size;
  }
  return flat;
}

/** The parts of a flat vector `[P]` in a graph, by name. */
export function weightsOf(flat: Tensor, specs: readonly ParameterSpec[]): Weights {
  const parts = split(flat, 0, specs.map(parameterSize));
  const tensors = new Map(specs.map(({ name, shape }, i) => [name, reshape(parts[i], shape)]));
  return lookUp(tensors);
}

/** Trained weights as constants of an inference graph, under their own names. */
export function constantWeights(
  graph: Graph,
  flat: Float32Array,
  specs: readonly ParameterSpec[],
): Weights {
  const values = sliceParameters(flat, specs);
  return lookUp(
    new Map(
      specs.map(({ name, shape }) => [
        name,
        graph.constant("float32", shape, values.get(name) as Float32Array, name),
      ]),
    ),
  );
}

/** Views of the parts of a flat vector, by name. */
export function sliceParameters(
  flat: Float32Array,
  specs: readonly ParameterSpec[],
): Map<string, Float32Array> {
  let offset = 0;
  return new Map(
    specs.map((spec) => {
      const start = offset;
      offset += parameterSize(spec);
      return [spec.name, flat.subarray(start, offset)];
    }),
  );
}

function lookUp(tensors: ReadonlyMap<string, Tensor>): Weights {
  return (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new InternalError(`model has no parameter named ${name}`);
    return tensor;
  };
}
