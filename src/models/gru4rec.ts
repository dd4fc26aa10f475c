/**
 * GRU4Rec (Hidasi et al., ICLR 2016): a recurrent network over a viewer's history that predicts the
 * next film at every position.
 *
 * Departures: histories are read from their start instead of in parallel mini-batches, item vectors
 * are those that are read as well ("constrained embeddings" of the authors' later code), and the loss
 * compares with the whole catalog or a sample of it by cross entropy, not with the batch by BPR.
 */
import { countItemTokens, PADDING } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { cast, equal } from "../graph/operators/elementwise.ts";
import { reshape } from "../graph/operators/movement.ts";
import { gruLayer, gruLayerParameters } from "../nn/gru-layer.ts";
import { type LayerContext, layerNorm, layerNormParameters } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { embedItems, type ItemStart, itemBiases, itemTable } from "./item-table.ts";
import { toRows } from "./sequence-input.ts";
import type { SequenceNetwork } from "./sequence-network.ts";

export interface Gru4RecConfig {
  /** `N` */
  readonly numItems: number;
  /** `D`, of the states as well. */
  readonly embeddingDim: number;
  readonly numLayers: number;
  /** The longest sequence. */
  readonly maxLength: number;
}

/** How far the item table starts from zero. */
const EMBEDDING_DEVIATION = 0.1;

/** Its input is padded in front. */
export function gru4recNetwork(config: Gru4RecConfig, start: ItemStart = {}): SequenceNetwork {
  return {
    name: "gru4rec",
    numItems: config.numItems,
    parameters: parametersOf(config, start),
    encode: ({ tokens }, pick, context) => encode(tokens, pick, context, config),
  };
}

function parametersOf(config: Gru4RecConfig, start: ItemStart): ParameterSpec[] {
  const { numItems, embeddingDim, numLayers } = config;
  const layers = Array.from({ length: numLayers }, (_, index) =>
    gruLayerParameters(`layer${index}`, embeddingDim, embeddingDim),
  );
  return [
    ...itemTable([countItemTokens(numItems), embeddingDim], EMBEDDING_DEVIATION, start),
    ...layers.flat(),
    ...layerNormParameters("final-norm", embeddingDim),
    ...itemBiases(numItems, start),
  ];
}

/** As in `SequenceNetwork`. */
function encode(
  tokens: Tensor,
  pick: (rows: Tensor) => Tensor,
  context: LayerContext,
  { numLayers }: Gru4RecConfig,
): Tensor {
  const [batch, length] = tokens.shape;
  const isPadding = cast(equal(reshape(tokens, [batch, length, 1]), PADDING), "float32");
  let x = context.dropout(embedItems(tokens, context));
  for (let index = 0; index < numLayers; index++) {
    x = context.dropout(gruLayer(x, isPadding, `layer${index}`, context));
  }
  return layerNorm(pick(toRows(x)), "final-norm", context);
}
