/**
 * What a training leaves: all that a bundle says of the model, but for its data.
 */
import type { ModelDescription } from "../models/bundle-format.ts";

export interface TrainedModel
  extends Pick<ModelDescription, "kind" | "input" | "config" | "training"> {
  /** The bytes of `model.onnx`. */
  readonly graph: Uint8Array;
}
