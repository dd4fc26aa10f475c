/**
 * One block of a transformer: self-attention and a feed-forward layer, each with a residual.
 */
import type { Tensor } from "../graph/graph.ts";
import { add } from "../graph/operators/elementwise.ts";
import { type AttentionMask, selfAttention, selfAttentionParameters } from "./attention.ts";
import type { Initializer } from "./initialization.ts";
import {
  feedForward,
  feedForwardParameters,
  type LayerContext,
  layerNorm,
  layerNormParameters,
} from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";
import type { RelativePositions } from "./relative-bias.ts";

/** "post" normalizes after each residual (Vaswani et al. 2017), "pre" before each layer (Xiong et al. 2020). */
export type NormPlacement = "pre" | "post";

export interface TransformerBlockOptions extends Omit<AttentionMask, "scoreBias"> {
  /** `[B, L]` */
  readonly batchShape: Tensor["shape"];
  readonly numHeads: number;
  readonly normPlacement: NormPlacement;
  /** As in `SelfAttentionOptions`. */
  readonly distances?: Tensor | undefined;
  /**
   * Picks the rows whose result is wanted: `[T, D]` to `[..., D]`. The others are attended to and
   * not worked out any further: in a last block that is most of the work. Default: all.
   */
  readonly pick?: ((rows: Tensor) => Tensor) | undefined;
}

/** @param relative - as in `selfAttentionParameters`. */
export function transformerBlockParameters(
  name: string,
  dim: number,
  hiddenDim: number,
  initialize: Initializer,
  relative?: RelativePositions,
): ParameterSpec[] {
  return [
    ...selfAttentionParameters(`${name}/attention`, dim, initialize, relative),
    ...layerNormParameters(`${name}/attention-norm`, dim),
    ...feedForwardParameters(`${name}/feed-forward`, dim, hiddenDim, initialize),
    ...layerNormParameters(`${name}/feed-forward-norm`, dim),
  ];
}

/** `[T, D]` to `[T, D]`, or to what is picked; the rows are a batch of `[B, L]` positions. */
export function transformerBlock(
  x: Tensor,
  name: string,
  context: LayerContext,
  options: TransformerBlockOptions,
): Tensor {
  const { graph } = x;
  const { pick = (rows) => rows } = options;
  const attention = (input: Tensor): Tensor =>
    graph.scope("attention", () => selfAttention(input, `${name}/attention`, context, options));
  const forward = (input: Tensor): Tensor =>
    graph.scope("feed-forward", () => feedForward(input, `${name}/feed-forward`, context));
  return graph.scope(name, () => {
    const attended = residual(x, pick(x), attention, `${name}/attention-norm`, context, options);
    return residual(attended, attended, forward, `${name}/feed-forward-norm`, context, options);
  });
}

/** @param kept - what the layer's result is added to: `x`, or the rows that it picks. */
function residual(
  x: Tensor,
  kept: Tensor,
  layer: (x: Tensor) => Tensor,
  norm: string,
  context: LayerContext,
  { normPlacement }: TransformerBlockOptions,
): Tensor {
  const isPre = normPlacement === "pre";
  const sum = add(kept, context.dropout(layer(isPre ? layerNorm(x, norm, context) : x)));
  return isPre ? sum : layerNorm(sum, norm, context);
}
