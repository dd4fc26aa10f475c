/**
 * The architectures that are trained step by step, by name. A new one is added here.
 */
import type { TrainableModel } from "../training/trainable-model.ts";
import type { Bert4RecConfig, Bert4RecStart } from "./bert4rec.ts";
import { bert4recTrainable } from "./bert4rec-training.ts";
import type { CatalogLossOptions } from "./item-table.ts";
import type { OnnxModel } from "./onnx-recommender.ts";
import type { SasRecConfig } from "./sasrec.ts";
import { sasrecTrainable } from "./sasrec-training.ts";

export type NetworkConfig =
  | ({ readonly kind: "bert4rec" } & Bert4RecConfig)
  | ({ readonly kind: "sasrec" } & SasRecConfig);

/** A network about to be trained, as plain data, because it crosses threads. */
export interface NetworkSettings {
  readonly config: NetworkConfig;
  readonly dropoutRate: number;
  /** Where weights start. */
  readonly start?: Bert4RecStart;
  readonly loss?: CatalogLossOptions;
}

export function createNetwork({
  config,
  dropoutRate,
  ...training
}: NetworkSettings): TrainableModel {
  return config.kind === "bert4rec"
    ? bert4recTrainable(config, dropoutRate, training)
    : sasrecTrainable(config, dropoutRate, training);
}

/** What a history must become before the network reads it. */
export function networkInput({
  kind,
  maxLength,
}: Pick<NetworkConfig, "kind" | "maxLength">): OnnxModel["input"] {
  return { maxLength, appendsMask: kind === "bert4rec" };
}
