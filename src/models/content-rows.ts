/**
 * Item vectors and biases that lean on what is known of the items: a table's row plus a linear
 * function of the content, trained together. While training, the table's row of a random share of
 * items is left out of each step, so that content learns to stand in for it (the input dropout of
 * DropoutNet, Volkovs et al., NeurIPS 2017): a film that came later has no row, but has content.
 *
 * Shapes: `N` catalog, `T` tokens, `F` content features, `D` embedding.
 */
import type { Tensor } from "../graph/graph.ts";
import { add, cast, less, mul, not } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { reshape, slice } from "../graph/operators/movement.ts";
import { zeros } from "../nn/initialization.ts";
import type { LayerContext } from "../nn/layers.ts";
import { countParameters, type ParameterSpec, sliceParameters } from "../nn/parameters.ts";
import { ITEM_BIAS, ITEMS } from "./item-table.ts";

const VECTORS = "content/vectors";
const BIASES = "content/biases";

/** What is known of the items, as numbers: `[N, F]`, row-major. */
export interface ItemContent {
  readonly numFeatures: number;
  readonly values: Float32Array;
}

/** Content says nothing at first. */
export function contentParameters(numFeatures: number, embeddingDim: number): ParameterSpec[] {
  return [
    { name: VECTORS, shape: [numFeatures, embeddingDim], initialize: zeros },
    { name: BIASES, shape: [numFeatures], initialize: zeros },
  ];
}

/**
 * The same context, but for the item table and the biases: what content says is added to them, and
 * while training the own rows of some items are left out.
 * @param numTokens - rows of the item table: `T`.
 */
export function withContent(
  context: LayerContext,
  { numFeatures, values }: ItemContent,
  numTokens: number,
): LayerContext {
  const { graph } = context.weights(ITEMS);
  const numItems = values.length / numFeatures;
  const padded = new Float32Array(numTokens * numFeatures);
  padded.set(values, numFeatures);
  const content = graph.constant("float32", [numTokens, numFeatures], padded);
  const isKept = keepRows(
    graph.constant("float32", [numTokens, 1], markUnknown(padded, numFeatures)),
    context,
  );
  const rows = mul(context.weights(ITEMS), isKept);
  const items = add(rows, matmul(content, context.weights(VECTORS)));
  const ofItems = (x: Tensor): Tensor => reshape(slice(x, 0, 1, numItems + 1), [numItems]);
  const said = matmul(content, reshape(context.weights(BIASES), [numFeatures, 1]));
  const biases = add(mul(context.weights(ITEM_BIAS), ofItems(isKept)), ofItems(said));
  return {
    ...context,
    weights: (name) => {
      if (name === ITEMS) return items;
      return name === ITEM_BIAS ? biases : context.weights(name);
    },
  };
}

/** 1 where content is all zeros, as of padding and the mask: their own row is never left out. */
function markUnknown(padded: Float32Array, numFeatures: number): Float32Array {
  return Float32Array.from({ length: padded.length / numFeatures }, (_, row) =>
    padded.subarray(row * numFeatures, (row + 1) * numFeatures).some((value) => value !== 0)
      ? 0
      : 1,
  );
}

/** 1 for a row that stays: as often as dropout lets a number stay, and always where it must. */
function keepRows(isUnknown: Tensor, { dropout }: LayerContext): Tensor {
  const ones = isUnknown.graph.constant(
    "float32",
    isUnknown.shape as number[],
    new Float32Array(isUnknown.shape[0] as number).fill(1),
  );
  return cast(not(less(add(dropout(ones), isUnknown), 0.5)), "float32");
}

/**
 * The parameters of the network without content, what it says added to the rows of the items.
 * @param specs - of the network with content.
 */
export function foldContent(
  flat: Float32Array,
  specs: readonly ParameterSpec[],
  { numFeatures, values }: ItemContent,
): Float32Array {
  const plain = specs.filter(({ name }) => name !== VECTORS && name !== BIASES);
  const all = sliceParameters(flat, specs);
  const folded = new Float32Array(countParameters(plain));
  const parts = sliceParameters(folded, plain);
  for (const { name } of plain) parts.get(name)?.set(all.get(name) as Float32Array);
  const [vectors, biases] = [VECTORS, BIASES].map((name) => all.get(name) as Float32Array);
  const [items, itemBias] = [ITEMS, ITEM_BIAS].map((name) => parts.get(name) as Float32Array);
  const dim = vectors.length / numFeatures;
  for (const [at, value] of values.entries()) {
    if (value === 0) continue;
    const [item, feature] = [Math.floor(at / numFeatures), at % numFeatures];
    itemBias[item] += value * biases[feature];
    // Padding has the first row.
    for (let k = 0; k < dim; k++) {
      items[(item + 1) * dim + k] += value * vectors[feature * dim + k];
    }
  }
  return folded;
}

/** The inverse: parameters of a network with content that is the same, for content says nothing yet. */
export function unfoldContent(
  plainFlat: Float32Array,
  specs: readonly ParameterSpec[],
): Float32Array {
  const flat = new Float32Array(countParameters(specs));
  const own = specs.filter(({ name }) => name !== VECTORS && name !== BIASES);
  const parts = sliceParameters(flat, specs);
  for (const [name, values] of sliceParameters(plainFlat, own)) parts.get(name)?.set(values);
  return flat;
}
