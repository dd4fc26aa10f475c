/**
 * One block of a transformer whose layers are let through by gates: `x + sigmoid(x W) * layer(norm(x))`
 * (LiGR, Borisyuk et al. 2025, as in eSASRec, Tikhonovich et al. 2025), the feed-forward layer a
 * SwiGLU (Shazeer 2020).
 */
import type { Tensor } from "../graph/graph.ts";
import { add, mul, sigmoid, silu } from "../graph/operators/elementwise.ts";
import { split } from "../graph/operators/movement.ts";
import { selfAttention, selfAttentionParameters } from "./attention.ts";
import type { Initializer } from "./initialization.ts";
import {
  type LayerContext,
  layerNorm,
  layerNormParameters,
  linear,
  linearParameters,
} from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";
import type { RelativePositions } from "./relative-bias.ts";
import type { TransformerBlockOptions } from "./transformer-block.ts";

/** @param relative - as in `selfAttentionParameters`. */
export function gatedBlockParameters(
  name: string,
  dim: number,
  hiddenDim: number,
  initialize: Initializer,
  relative?: RelativePositions,
): ParameterSpec[] {
  return [
    ...selfAttentionParameters(`${name}/attention`, dim, initialize, relative),
    ...gateParameters(`${name}/attention`, dim, initialize),
    ...linearParameters(`${name}/feed-forward/expand`, dim, 2 * hiddenDim, initialize),
    ...linearParameters(`${name}/feed-forward/contract`, hiddenDim, dim, initialize),
    ...gateParameters(`${name}/feed-forward`, dim, initialize),
  ];
}

/** `[T, D]` to `[T, D]`, or to what is picked. */
export function gatedBlock(
  x: Tensor,
  name: string,
  context: LayerContext,
  options: Omit<TransformerBlockOptions, "normPlacement">,
): Tensor {
  const { graph } = x;
  const { pick = (rows) => rows } = options;
  return graph.scope(name, () => {
    const attended = graph.scope("attention", () =>
      gated(x, pick(x), `${name}/attention`, context, (rows) =>
        selfAttention(rows, `${name}/attention`, context, options),
      ),
    );
    return graph.scope("feed-forward", () =>
      gated(attended, attended, `${name}/feed-forward`, context, (rows) =>
        swiGlu(rows, `${name}/feed-forward`, context),
      ),
    );
  });
}

function gateParameters(name: string, dim: number, initialize: Initializer): ParameterSpec[] {
  return [
    ...layerNormParameters(`${name}-norm`, dim),
    ...linearParameters(`${name}-gate`, dim, dim, initialize),
  ];
}

/** @param kept - what the layer's result is added to, and gated by: `x`, or the rows that it picks. */
function gated(
  x: Tensor,
  kept: Tensor,
  name: string,
  context: LayerContext,
  layer: (rows: Tensor) => Tensor,
): Tensor {
  const gate = sigmoid(linear(kept, `${name}-gate`, context));
  const change = layer(layerNorm(x, `${name}-norm`, context));
  return add(kept, context.dropout(mul(gate, change)));
}

/** A linear layer of which one half, through a SiLU, gates the other, and a second one. */
function swiGlu(x: Tensor, name: string, context: LayerContext): Tensor {
  const both = linear(x, `${name}/expand`, context);
  const half = (both.shape[both.shape.length - 1] as number) / 2;
  const [gate, value] = split(both, -1, [half, half]);
  return linear(mul(silu(gate), value), `${name}/contract`, context);
}
