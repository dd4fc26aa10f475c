/**
 * Learns EASE in closed form (Steck, WWW 2019, equations 6 to 8): with `X` the binary matrix of
 * users and items, `P = (X^T X + l2 I)^-1` and `B = I - P diag(1 / diag(P))`, which is the ridge
 * regression of each film on all others.
 */
import { InputError } from "../common/errors.ts";
import { defaultMemoryLimit, requireMemory } from "../common/memory.ts";
import type { Interactions } from "../data/interactions.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { addCoOccurrences, uniqueItemsByUser, usersByItem } from "./co-occurrence.ts";
import type { EaseOptions, EaseWeights } from "./ease.ts";
import { createInverter } from "./invert.ts";
import { popularityShares } from "./popularity.ts";

export interface EaseFitOptions extends EaseOptions {
  /** Default: half of the machine's memory. */
  readonly memoryLimitBytes?: number;
}

/** Bytes that fitting needs at its peak: the matrix in float64, and the blocks of its inversion. */
export function easeMemory(numItems: number): number {
  return 3 * 8 * numItems ** 2;
}

/**
 * @throws InputError when `l2` is not above 0, or when the matrix does not fit into memory.
 */
export async function fitEase(train: Interactions, options: EaseFitOptions): Promise<EaseWeights> {
  const { l2, memoryLimitBytes = defaultMemoryLimit() } = options;
  if (!(l2 > 0 && l2 < Infinity)) throw new InputError(`ease: l2 must be above 0, got ${l2}`);
  const numItems = train.itemIds.length;
  const remedy = "drop rare items (minimum interactions per item) or use item-knn";
  requireMemory(`ease on ${numItems} items`, easeMemory(numItems), memoryLimitBytes, remedy);
  const matrix = gramMatrix(train);
  for (let i = 0; i < numItems; i++) matrix[i * numItems + i] += l2;
  const inverter = await createInverter(await loadRuntime());
  try {
    await inverter.invert(matrix, numItems);
  } finally {
    await inverter.dispose();
  }
  const data = toItemWeights(matrix, numItems);
  return {
    kind: "ease",
    options: { l2 },
    tensors: {
      itemWeights: { dtype: "float32", shape: [numItems, numItems], data },
      prior: popularityShares(train),
    },
  };
}

/** `X^T X`: how many users met both items of each pair: `[N, N]`. */
function gramMatrix(train: Interactions): Float64Array {
  const numItems = train.itemIds.length;
  const items = uniqueItemsByUser(train);
  const users = usersByItem(items, numItems);
  const gram = new Float64Array(numItems * numItems);
  for (let item = 0; item < numItems; item++) {
    const row = gram.subarray(item * numItems, (item + 1) * numItems);
    addCoOccurrences(item, items, users, row);
  }
  return gram;
}

/** `B` of `P`: each column divided by its diagonal, with the sign turned and a diagonal of 0. */
function toItemWeights(inverse: Float64Array, numItems: number): Float32Array {
  const weights = new Float32Array(numItems * numItems);
  for (let i = 0; i < numItems; i++) {
    for (let j = 0; j < numItems; j++) {
      if (i === j) continue;
      weights[i * numItems + j] = -inverse[i * numItems + j] / inverse[j * numItems + j];
    }
  }
  return weights;
}
