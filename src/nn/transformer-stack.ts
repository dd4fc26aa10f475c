/**
 * Blocks of a transformer, one after the other: "block0", "block1", ...
 */
import type { Tensor } from "../graph/graph.ts";
import { gatedBlock, gatedBlockParameters } from "./gated-block.ts";
import type { Initializer } from "./initialization.ts";
import type { LayerContext } from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";
import type { RelativePositions } from "./relative-bias.ts";
import {
  type TransformerBlockOptions,
  transformerBlock,
  transformerBlockParameters,
} from "./transformer-block.ts";

/** "plain" as in `transformer-block.ts`, "gated" as in `gated-block.ts`, whose norms come first. */
export type BlockKind = "plain" | "gated";

export interface TransformerStackShape {
  readonly numBlocks: number;
  /** `D` */
  readonly dim: number;
  /** The width of a block's feed-forward layer. */
  readonly hiddenDim: number;
  /** As in `selfAttentionParameters`. */
  readonly relative?: RelativePositions | undefined;
  /** Default: "plain". */
  readonly block?: BlockKind | undefined;
}

export function transformerStackParameters(
  { numBlocks, dim, hiddenDim, relative, block }: TransformerStackShape,
  initialize: Initializer,
): ParameterSpec[] {
  const parametersOf = block === "gated" ? gatedBlockParameters : transformerBlockParameters;
  return Array.from({ length: numBlocks }, (_, index) =>
    parametersOf(`block${index}`, dim, hiddenDim, initialize, relative),
  ).flat();
}

export interface TransformerStackOptions extends TransformerBlockOptions {
  readonly numBlocks: number;
  readonly block?: BlockKind | undefined;
}

/** As `transformerBlock`; what is picked is picked in the last block. */
export function transformerStack(
  x: Tensor,
  context: LayerContext,
  { numBlocks, block, pick, ...options }: TransformerStackOptions,
): Tensor {
  const apply = block === "gated" ? gatedBlock : transformerBlock;
  let rows = x;
  for (let index = 0; index < numBlocks; index++) {
    const isLast = index === numBlocks - 1;
    const own = isLast ? { ...options, pick } : options;
    rows = apply(rows, `block${index}`, context, own);
  }
  return rows;
}
