/**
 * What a training leaves: all that a bundle says of the model, but for its data.
 */

import type { ModelDescription } from "../models/bundle-format.ts";
import type { ContentTower } from "../models/content-tower.ts";

export interface TrainedModel
  extends Pick<ModelDescription, "kind" | "input" | "config" | "training"> {
  /** The bytes of `model.onnx`. */
  readonly graph: Uint8Array;
  /** What it makes of the content of items, where it reads any. */
  readonly content?: ContentTower | null;
}
