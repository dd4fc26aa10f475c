/**
 * Networks that read a sequence of items and say what to compare the catalog with. What is made of
 * that, a loss or scores, is the same for all of them.
 */
import { InternalError } from "../common/errors.ts";
import { PADDING } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { cast, equal, mul, not } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { takeLast } from "../graph/operators/movement.ts";
import type { LayerContext } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import type { TrainableModel } from "../training/trainable-model.ts";
import { targetsOf } from "./batch-slices.ts";
import { contentParameters, type ItemContent, withContent } from "./content-rows.ts";
import {
  type CatalogLossOptions,
  catalogLoss,
  catalogScores,
  ITEMS,
  itemRows,
} from "./item-table.ts";
import { lastRows } from "./sequence-input.ts";
import type { SideInformation } from "./side-information.ts";

/** An architecture. Shapes: `B` batch, `L` length, `D` embedding, `N` catalog. */
export interface SequenceNetwork {
  readonly name: string;
  /** `N` */
  readonly numItems: number;
  /** What it reads of histories besides their items. Default: nothing. */
  readonly sides?: SideInformation | undefined;
  /** Those of `item-table.ts` among them. */
  readonly parameters: readonly ParameterSpec[];
  /**
   * What the items are compared with, at the positions that are asked for.
   * @param histories - `tokens`, int32 `[B, L]`, padding first, and what else it reads, by name.
   * @param pick - takes their rows out of `[B L, D]`, or `[B, L, D]` where sizes are settled later.
   * @returns `[..., D]`
   */
  encode(
    histories: Readonly<Record<string, Tensor>>,
    pick: (rows: Tensor) => Tensor,
    context: LayerContext,
  ): Tensor;
}

/** A network as the trainer sees it, and what it makes of items. */
export interface TrainableNetwork extends TrainableModel {
  /** What it reads of histories besides their items. Default: nothing. */
  readonly sides?: SideInformation | undefined;
  /** What histories are compared with: `[N, D]`. */
  itemVectors(context: LayerContext): Tensor;
  /**
   * Scores at `positions`, indices into all `B L`, from what `loss` reads: `[M, N]`. A network that
   * is asked once for a history has none.
   */
  readonly scoresAt?: (inputs: Readonly<Record<string, Tensor>>, context: LayerContext) => Tensor;
}

export interface TrainableOptions extends CatalogLossOptions {
  /** What is known of the items, to be read beside their rows. Default: nothing. */
  readonly content?: ItemContent | undefined;
}

/** A network as the trainer sees it; its slices are those of `batch-slices.ts`. */
export function toTrainable(
  network: SequenceNetwork,
  dropoutRate: number,
  { content, ...options }: TrainableOptions = {},
): TrainableNetwork {
  const { name, numItems, sides, encode } = network;
  const parameters = content
    ? [...network.parameters, ...contentOf(network, content)]
    : network.parameters;
  const toContext = content ? contentAdder(network, content) : (context: LayerContext) => context;
  return {
    name,
    parameters,
    sides,
    dropoutRate,
    loss: (inputs, given) => {
      const context = toContext(given);
      const hidden = encode(inputs, picker(inputs), context);
      return catalogLoss(hidden, targetsOf(inputs), context, numItems, options);
    },
    scores: (histories, given) => {
      const context = toContext(given);
      const { tokens } = histories;
      // Of an empty history the biases alone speak: no training has seen what padding encodes to.
      const isKnown = cast(not(equal(takeLast(tokens, 1), PADDING)), "float32");
      const hidden = mul(encode(histories, lastRows(tokens), context), isKnown);
      return catalogScores(hidden, context, numItems);
    },
    itemVectors: (context) => itemRows(toContext(context), numItems),
    scoresAt: (inputs, given) => {
      const context = toContext(given);
      return catalogScores(encode(inputs, picker(inputs), context), context, numItems);
    },
  };
}

function picker({ positions }: Readonly<Record<string, Tensor>>): (rows: Tensor) => Tensor {
  return (rows) => gather(rows, positions);
}

function contentOf({ parameters }: SequenceNetwork, { numFeatures }: ItemContent): ParameterSpec[] {
  return contentParameters(numFeatures, itemTableShape(parameters)[1]);
}

/** One draw of rows for all slices of a step: they share a context. */
function contentAdder(
  { parameters }: SequenceNetwork,
  content: ItemContent,
): (context: LayerContext) => LayerContext {
  const [numTokens] = itemTableShape(parameters);
  const contexts = new WeakMap<LayerContext, LayerContext>();
  return (context) => {
    const known = contexts.get(context);
    if (known) return known;
    const added = withContent(context, content, numTokens);
    contexts.set(context, added);
    return added;
  };
}

function itemTableShape(parameters: readonly ParameterSpec[]): readonly number[] {
  const table = parameters.find(({ name }) => name === ITEMS);
  if (table === undefined) throw new InternalError("network has no item table");
  return table.shape;
}
