/**
 * SASRec (Kang & McAuley, ICDM 2018): a causal transformer over a viewer's history that predicts the
 * next film at every position.
 *
 * Departures: feed-forward layers have a width of their own and GELU (as in GPT-2), residuals of
 * attention start at its input, not at its norm; items have biases, and embeddings are not scaled;
 * positions are counted from the end, and histories are read whole, in windows. The loss compares
 * with the whole catalog (Klenitskiy & Vasilev, RecSys 2023), with a sample of it, or is gSASRec's
 * calibrated one (Petrov & Macdonald, RecSys 2023).
 *
 * Shapes: `B` batch, `L` length, `T = B L`, `D` embedding, `M` targets, `N` catalog.
 */
import { countItemTokens } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { causalBias } from "../nn/attention.ts";
import { glorotUniform } from "../nn/initialization.ts";
import { type LayerContext, layerNorm, layerNormParameters } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { transformerStack, transformerStackParameters } from "../nn/transformer-block.ts";
import { type ItemStart, itemBiases, itemTable } from "./item-table.ts";
import { embedTokens, paddingBias, positionTable, toRows } from "./sequence-input.ts";
import type { SequenceNetwork } from "./sequence-network.ts";

/** How far tables start from zero. */
const EMBEDDING_DEVIATION = 0.02;

export interface SasRecConfig {
  /** `N` */
  readonly numItems: number;
  /** `D` */
  readonly embeddingDim: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  /** The longest sequence. */
  readonly maxLength: number;
  /** The width of a block's feed-forward layer. */
  readonly feedForwardDim: number;
}

/** Its input is padded in front. */
export function sasrecNetwork(config: SasRecConfig, start: ItemStart = {}): SequenceNetwork {
  return {
    name: "sasrec",
    numItems: config.numItems,
    parameters: parametersOf(config, start),
    encode: ({ tokens }, pick, context) => encode(tokens, pick, context, config),
  };
}

function parametersOf(config: SasRecConfig, start: ItemStart): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, maxLength, feedForwardDim } = config;
  return [
    ...itemTable([countItemTokens(numItems), embeddingDim], EMBEDDING_DEVIATION, start),
    ...positionTable([maxLength, embeddingDim], EMBEDDING_DEVIATION),
    ...transformerStackParameters(numBlocks, embeddingDim, feedForwardDim, glorotUniform),
    ...layerNormParameters("final-norm", embeddingDim),
    ...itemBiases(numItems, start),
  ];
}

/** As in `SequenceNetwork`. */
function encode(
  tokens: Tensor,
  pick: (rows: Tensor) => Tensor,
  context: LayerContext,
  { numBlocks, numHeads, maxLength }: SasRecConfig,
): Tensor {
  const start = context.dropout(toRows(embedTokens(tokens, context, maxLength)));
  const options = {
    batchShape: tokens.shape,
    numHeads,
    normPlacement: "pre",
    keyBias: paddingBias(tokens),
    causalBias: causalBias(tokens),
    pick,
  } as const;
  const x = transformerStack(start, numBlocks, context, options);
  return layerNorm(x, "final-norm", context);
}
