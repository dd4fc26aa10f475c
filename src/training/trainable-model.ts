/**
 * What a model must say of itself to be trained.
 */
import type { Tensor } from "../graph/graph.ts";
import type { LayerContext } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";

/** A model as the trainer sees it. Every sequence model implements this, and nothing else. */
export interface TrainableModel {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  readonly dropoutRate: number;
  /**
   * The loss of one slice of a batch, shape `[]`. The losses of all slices of a step add up to the
   * loss of the step.
   * @param inputs - the slice's values, by the names its batch source gives them.
   */
  loss(inputs: Readonly<Record<string, Tensor>>, context: LayerContext): Tensor;
  /**
   * A score for each item of the catalog.
   * @param histories - what is read of each, by name; for a sequence model at least `tokens`, int32
   *   `[B, L]`.
   * @returns `[B, N]`
   */
  scores(histories: Readonly<Record<string, Tensor>>, context: LayerContext): Tensor;
}
