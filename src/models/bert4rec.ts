/**
 * BERT4Rec (Sun et al., CIKM 2019): a bidirectional transformer over a viewer's history that learns
 * to fill in masked films. The next film is what it would fill in at the end.
 *
 * Departures: the last film is among the masked ones in a given share of the samples, logits and
 * loss are computed at masked positions only (both from the replicability studies: Petrov &
 * Macdonald, RecSys 2022; Klenitskiy & Vasilev, RecSys 2023), over items only, never padding or the
 * mask; and what `Bert4RecStart` and `CatalogLossOptions` add.
 *
 * Shapes: `B` batch, `L` length, `T = B L`, `D` embedding, `M` masked positions, `N` catalog.
 */
import { countTokens } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { gelu } from "../graph/operators/elementwise.ts";
import { passingValues } from "../nn/attention.ts";
import { glorotUniform, type Initializer, scaledIdentity, zeros } from "../nn/initialization.ts";
import {
  type LayerContext,
  layerNorm,
  layerNormParameters,
  linear,
  linearParameters,
} from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import type { NormPlacement } from "../nn/transformer-block.ts";
import { transformerStack, transformerStackParameters } from "../nn/transformer-stack.ts";
import { type ItemStart, itemBiases, itemTable } from "./item-table.ts";
import { embedTokens, paddingBias, positionTable, toRows } from "./sequence-input.ts";
import type { SequenceNetwork } from "./sequence-network.ts";

export interface Bert4RecConfig {
  /** `N` */
  readonly numItems: number;
  /** `D` */
  readonly embeddingDim: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  /** The longest sequence, the mask at its end included. */
  readonly maxLength: number;
  readonly normPlacement: NormPlacement;
  /** Whether a linear layer, GELU and layer norm stand between the last block and the items. */
  readonly hasHead: boolean;
}

/**
 * How far embeddings start from zero. Positions start closer: those that no training window reaches
 * would otherwise disturb longer histories.
 */
const ITEM_DEVIATION = 0.1;
const POSITION_DEVIATION = 0.02;

/** How much more the average of what is seen counts than the position's own token, at the start. */
const AVERAGE_SCALE = 4;

/** Where weights start that the data say something about. */
export interface Bert4RecStart extends ItemStart {
  /**
   * Whether the first block starts by adding the average of what a position sees, and the others
   * change nothing (residual branches that end in zeros, as in Goyal et al. 2017): what the items
   * start from is used from the first step. Default: false, all random.
   */
  readonly isAveraging?: boolean | undefined;
}

/** Its input is padded in front and ends with the mask, where it recommends. */
export function bert4recNetwork(
  config: Bert4RecConfig,
  start: Bert4RecStart = {},
): SequenceNetwork {
  return {
    name: "bert4rec",
    numItems: config.numItems,
    parameters: parametersOf(config, start),
    encode: ({ tokens }, pick, context) => encode(tokens, pick, context, config),
  };
}

function parametersOf(config: Bert4RecConfig, start: Bert4RecStart): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, maxLength, hasHead } = config;
  const hiddenDim = 4 * embeddingDim;
  const blocks = transformerStackParameters(
    { numBlocks, dim: embeddingDim, hiddenDim },
    glorotUniform,
  );
  const head = [
    ...linearParameters("head", embeddingDim, embeddingDim, glorotUniform),
    ...layerNormParameters("head-norm", embeddingDim),
  ];
  return [
    ...itemTable([countTokens(numItems), embeddingDim], ITEM_DEVIATION, start),
    ...positionTable([maxLength, embeddingDim], POSITION_DEVIATION),
    ...layerNormParameters("embedding-norm", embeddingDim),
    ...(start.isAveraging ? blocks.map(startAveraging) : blocks),
    ...(config.normPlacement === "pre" ? layerNormParameters("final-norm", embeddingDim) : []),
    ...(hasHead ? head : []),
    ...itemBiases(numItems, start),
  ];
}

function startAveraging(spec: ParameterSpec): ParameterSpec {
  const starts: Readonly<Record<string, Initializer>> = {
    "block0/attention/input/weight": passingValues,
    "block0/attention/output/weight": scaledIdentity(AVERAGE_SCALE),
  };
  const endsBranch = /\/(attention\/output|feed-forward\/contract)\/weight$/.test(spec.name);
  return { ...spec, initialize: starts[spec.name] ?? (endsBranch ? zeros : spec.initialize) };
}

/** As in `SequenceNetwork`. */
function encode(
  tokens: Tensor,
  pick: (rows: Tensor) => Tensor,
  context: LayerContext,
  config: Bert4RecConfig,
): Tensor {
  const { numBlocks, numHeads, normPlacement, maxLength } = config;
  const embedded = toRows(embedTokens(tokens, context, maxLength));
  const start = context.dropout(layerNorm(embedded, "embedding-norm", context));
  const keyBias = paddingBias(tokens);
  const options = { batchShape: tokens.shape, numHeads, normPlacement, keyBias, pick };
  const x = transformerStack(start, context, { ...options, numBlocks });
  return tokens.graph.scope("head", () => transformHead(x, context, config));
}

/** `[..., D]` to `[..., D]` */
function transformHead(hidden: Tensor, context: LayerContext, config: Bert4RecConfig): Tensor {
  const { normPlacement, hasHead } = config;
  const final = normPlacement === "pre" ? layerNorm(hidden, "final-norm", context) : hidden;
  return hasHead ? layerNorm(gelu(linear(final, "head", context)), "head-norm", context) : final;
}
