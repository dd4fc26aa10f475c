/**
 * SASRec (Kang & McAuley, ICDM 2018): a causal transformer over a viewer's history that predicts the
 * next film at every position.
 *
 * Departures: feed-forward layers have a width of their own and GELU (as in GPT-2), residuals of
 * attention start at its input, not at its norm; items have biases, and embeddings are not scaled;
 * positions are counted from the end or by their distance, blocks may be gated, and histories are read
 * whole, in windows. The loss compares with the whole catalog (Klenitskiy & Vasilev, RecSys 2023),
 * with a sample of it, or is gSASRec's calibrated one (Petrov & Macdonald, RecSys 2023).
 *
 * Shapes: `B` batch, `L` length, `T = B L`, `D` embedding, `M` targets, `N` catalog.
 */
import { countItemTokens } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { add } from "../graph/operators/elementwise.ts";
import { reshape } from "../graph/operators/movement.ts";
import { causalBias } from "../nn/attention.ts";
import { glorotUniform } from "../nn/initialization.ts";
import { type LayerContext, layerNorm, layerNormParameters } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { distancesOf } from "../nn/relative-bias.ts";
import {
  type BlockKind,
  transformerStack,
  transformerStackParameters,
} from "../nn/transformer-stack.ts";
import { embedItems, type ItemStart, itemBiases, itemTable } from "./item-table.ts";
import { embedTokens, paddingBias, positionTable, toRows } from "./sequence-input.ts";
import type { SequenceNetwork } from "./sequence-network.ts";
import { NO_SIDES, type SideInformation } from "./side-information.ts";
import { addFilmSides, type SideInputs, sideParameters, userVectors } from "./side-layers.ts";

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
  /** Default: "plain". */
  readonly block?: BlockKind | undefined;
  /**
   * "absolute" adds a vector for each position, counted from the end; "relative" lets attention know
   * how far two positions are apart. Default: "absolute".
   */
  readonly positions?: "absolute" | "relative" | undefined;
  /** What it reads besides items. Default: nothing. */
  readonly sides?: SideInformation | undefined;
}

/**
 * Its input is padded in front.
 * @param itemFeatures - `[N, F]`, where it reads features of films.
 */
export function sasrecNetwork(
  config: SasRecConfig,
  start: ItemStart = {},
  itemFeatures?: Float32Array,
): SequenceNetwork {
  return {
    name: "sasrec",
    numItems: config.numItems,
    sides: config.sides,
    parameters: parametersOf(config, start),
    encode: (histories, pick, context) => encode(histories, pick, context, config, itemFeatures),
  };
}

function parametersOf(config: SasRecConfig, start: ItemStart): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, numHeads, maxLength, feedForwardDim, block, sides } =
    config;
  const relative = isRelative(config) ? { numHeads, maxLength } : undefined;
  return [
    ...itemTable([countItemTokens(numItems), embeddingDim], EMBEDDING_DEVIATION, start),
    ...(relative ? [] : positionTable([maxLength, embeddingDim], EMBEDDING_DEVIATION)),
    ...(sides ? sideParameters(sides, embeddingDim) : []),
    ...transformerStackParameters(
      { numBlocks, dim: embeddingDim, hiddenDim: feedForwardDim, relative, block },
      glorotUniform,
    ),
    ...layerNormParameters("final-norm", embeddingDim),
    ...itemBiases(numItems, start),
  ];
}

/** As in `SequenceNetwork`. */
function encode(
  histories: SideInputs,
  pick: (rows: Tensor) => Tensor,
  context: LayerContext,
  config: SasRecConfig,
  itemFeatures: Float32Array | undefined,
): Tensor {
  const { numBlocks, numHeads, maxLength, block, sides = NO_SIDES } = config;
  const { tokens } = histories;
  const items = isRelative(config)
    ? embedItems(tokens, context)
    : embedTokens(tokens, context, maxLength);
  const films = addFilmSides(items, histories, context, sides, itemFeatures);
  const start = context.dropout(toRows(withViewer(films, histories, context, sides)));
  const options = {
    batchShape: tokens.shape,
    numBlocks,
    numHeads,
    block,
    normPlacement: "pre",
    keyBias: paddingBias(tokens),
    causalBias: causalBias(tokens),
    distances: isRelative(config) ? distancesOf(tokens) : undefined,
    pick,
  } as const;
  const x = transformerStack(start, context, options);
  return layerNorm(x, "final-norm", context);
}

function isRelative({ positions }: SasRecConfig): boolean {
  return positions === "relative";
}

/** Every position knows the viewer. */
function withViewer(
  films: Tensor,
  histories: SideInputs,
  context: LayerContext,
  { users }: SideInformation,
): Tensor {
  if (!users) return films;
  const vectors = userVectors(histories, context);
  const [batch, dim] = vectors.shape;
  return add(films, reshape(vectors, [batch, 1, dim]));
}
