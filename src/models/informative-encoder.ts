/**
 * The informative encoder: a viewer's last films with his ratings, what is known of the films and of
 * the viewer, to the films that come next. A vector of the viewer stands in front of the films; after
 * the transformer (Vaswani et al. 2017) everything is averaged, and a feed-forward layer leads to the
 * catalog.
 *
 * Shapes: `B` batch, `L` films, `S` films and viewer, `D` embedding, `H` head, `N` catalog, `K`
 * targets.
 */
import { countItemTokens, PADDING } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import {
  add,
  cast,
  equal,
  gelu,
  maximum,
  mul,
  not,
  reciprocal,
} from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { concat, reshape, takeLast } from "../graph/operators/movement.ts";
import { reduceSum } from "../graph/operators/sum.ts";
import { copyOf, glorotUniform, truncatedNormal, zeros } from "../nn/initialization.ts";
import {
  embeddingParameters,
  type LayerContext,
  layerNorm,
  layerNormParameters,
  linear,
  linearParameters,
} from "../nn/layers.ts";
import { type NextItemsLoss, nextItemsLoss } from "../nn/losses.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { transformerStack, transformerStackParameters } from "../nn/transformer-stack.ts";
import { targetsOf } from "./batch-slices.ts";
import { type ItemStart, itemTable } from "./item-table.ts";
import { embedTokens, hiding, positionTable, toRows } from "./sequence-input.ts";
import type { TrainableNetwork } from "./sequence-network.ts";
import type { SideInformation } from "./side-information.ts";
import { addFilmSides, type SideInputs, sideParameters, userVectors } from "./side-layers.ts";

export interface InformativeEncoderConfig {
  /** `N` */
  readonly numItems: number;
  /** `D` */
  readonly embeddingDim: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  /** How many films are read, the newest: `L`. */
  readonly maxLength: number;
  /** `H` */
  readonly headDim: number;
  readonly sides: SideInformation;
}

export interface InformativeEncoderOptions {
  readonly dropoutRate: number;
  /** Default: "softmax". */
  readonly loss?: NextItemsLoss | undefined;
  /** `[N, F]`, where it reads features of films. */
  readonly itemFeatures?: Float32Array | undefined;
  readonly start?: ItemStart | undefined;
}

const EMBEDDING_DEVIATION = 0.02;
const OUTPUT = "output/weight";
const OUTPUT_BIAS = "output/bias";

/**
 * Of a slice it takes `targets`, int32 `[B, K]`, and `weights` of the same shape, which sum to 1 over
 * a step.
 */
export function informativeEncoder(
  config: InformativeEncoderConfig,
  { dropoutRate, loss = "softmax", itemFeatures, start }: InformativeEncoderOptions,
): TrainableNetwork {
  const scores = (histories: SideInputs, context: LayerContext): Tensor => {
    const hidden = encode(histories, context, config, itemFeatures);
    const logits = matmul(hidden, context.weights(OUTPUT), { transposeB: true });
    return add(logits, context.weights(OUTPUT_BIAS));
  };
  return {
    name: "informative-encoder",
    parameters: parametersOf(config, start),
    dropoutRate,
    sides: config.sides,
    loss: (inputs, context) => nextItemsLoss(loss, scores(inputs, context), targetsOf(inputs)),
    scores,
    itemVectors: ({ weights }) => weights(OUTPUT),
  };
}

function parametersOf(config: InformativeEncoderConfig, start?: ItemStart): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, maxLength, headDim, sides } = config;
  const bias = start?.itemBias;
  return [
    ...itemTable([countItemTokens(numItems), embeddingDim], EMBEDDING_DEVIATION, start),
    ...positionTable([maxLength, embeddingDim], EMBEDDING_DEVIATION),
    ...sideParameters(sides, embeddingDim, glorotUniform),
    ...layerNormParameters("embedding-norm", embeddingDim),
    ...transformerStackParameters(
      { numBlocks, dim: embeddingDim, hiddenDim: 4 * embeddingDim },
      glorotUniform,
    ),
    ...linearParameters("head", embeddingDim, headDim, glorotUniform),
    ...embeddingParameters(OUTPUT, numItems, headDim, truncatedNormal(EMBEDDING_DEVIATION)),
    { name: OUTPUT_BIAS, shape: [numItems], initialize: bias ? copyOf(bias) : zeros },
  ];
}

/** `[B, H]` */
function encode(
  histories: SideInputs,
  context: LayerContext,
  config: InformativeEncoderConfig,
  itemFeatures: Float32Array | undefined,
): Tensor {
  const { tokens } = histories;
  const { embeddingDim, numBlocks, numHeads, maxLength, sides } = config;
  const items = embedTokens(tokens, context, maxLength);
  const films = addFilmSides(items, histories, context, sides, itemFeatures);
  const isFilm = cast(not(equal(tokens, PADDING)), "float32");
  const [sequence, isThere] = sides.users
    ? withUser(films, isFilm, userVectors(histories, context))
    : [films, isFilm];
  const [batch, size] = isThere.shape;
  const start = context.dropout(layerNorm(toRows(sequence), "embedding-norm", context));
  const encoded = transformerStack(start, context, {
    numBlocks,
    batchShape: [batch, size],
    numHeads,
    normPlacement: "post",
    keyBias: hiding(not(cast(isThere, "bool"))),
  });
  // The mean over what is there, as a product: [B, 1, S] by [B, S, D].
  const count = maximum(reduceSum(isThere, [1], true), 1);
  const shares = reshape(mul(isThere, reciprocal(count)), [batch, 1, size]);
  const mean = matmul(shares, reshape(encoded, [batch, size, embeddingDim]));
  return context.dropout(gelu(linear(reshape(mean, [batch, embeddingDim]), "head", context)));
}

/** The viewer in front of his films: `[B, L, D]` to `[B, S, D]`, and what is there of it: `[B, S]`. */
function withUser(films: Tensor, isFilm: Tensor, user: Tensor): [Tensor, Tensor] {
  const [batch, dim] = user.shape;
  const newest = takeLast(isFilm, 1);
  const one = cast(equal(newest, newest), "float32"); // [B, 1]
  return [concat([reshape(user, [batch, 1, dim]), films], 1), concat([one, isFilm], 1)];
}
