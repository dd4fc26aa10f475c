/**
 * More items in a trained network: rows for them behind those of the items it knows. All else, and
 * so every score of an old item, stays as it was.
 */
import { parameterSize, sliceParameters } from "../nn/parameters.ts";
import { ITEM_BIAS, ITEMS } from "./item-table.ts";
import { createNetwork, type NetworkConfig } from "./networks.ts";

/** What a network has learnt of items, or is to start with. */
export interface ItemRows {
  /** `[n, D]` */
  readonly vectors: Float32Array;
  /** `[n]` */
  readonly biases: Float32Array;
}

export interface GrownNetwork {
  readonly config: NetworkConfig;
  /** Of the larger network: `[P']`. */
  readonly flat: Float32Array;
}

/** The rows of the items that a network knows. @param flat - its weights: `[P]`. */
export function itemRowsOf(config: NetworkConfig, flat: Float32Array): ItemRows {
  const parts = sliceParameters(flat, createNetwork({ config, dropoutRate: 0 }).parameters);
  const [table, biases] = [ITEMS, ITEM_BIAS].map((name) => parts.get(name) as Float32Array);
  const { numItems, embeddingDim } = config;
  return { vectors: table.subarray(embeddingDim, (numItems + 1) * embeddingDim), biases };
}

/** @param flat - the weights of a network of `config`: `[P]`. */
export function growNetwork(
  config: NetworkConfig,
  flat: Float32Array,
  { vectors, biases }: ItemRows,
): GrownNetwork {
  const grown = { ...config, numItems: config.numItems + biases.length };
  const [oldSpecs, newSpecs] = [config, grown].map(
    (of) => createNetwork({ config: of, dropoutRate: 0 }).parameters,
  );
  const result = new Float32Array(newSpecs.reduce((sum, spec) => sum + parameterSize(spec), 0));
  const [before, after] = [sliceParameters(flat, oldSpecs), sliceParameters(result, newSpecs)];
  for (const [name, values] of after) {
    const old = before.get(name) as Float32Array;
    if (name === ITEMS) insert(values, old, vectors, (config.numItems + 1) * config.embeddingDim);
    else if (name === ITEM_BIAS) insert(values, old, biases, config.numItems);
    else values.set(old);
  }
  return { config: grown, flat: result };
}

/** Padding stays in front of the items, and the mask, where there is one, behind them. */
function insert(to: Float32Array, old: Float32Array, added: Float32Array, at: number): void {
  to.set(old.subarray(0, at));
  to.set(added, at);
  to.set(old.subarray(at), at + added.length);
}
