/**
 * The architectures that are trained step by step, by name. A new one is added here and to the
 * recipes (`src/recipes/recipe.ts`, which the compiler then leads on from).
 */

import type { NextItemsLoss } from "../nn/losses.ts";
import { type Bert4RecConfig, type Bert4RecStart, bert4recNetwork } from "./bert4rec.ts";
import { type Gru4RecConfig, gru4recNetwork } from "./gru4rec.ts";
import { type InformativeEncoderConfig, informativeEncoder } from "./informative-encoder.ts";
import type { CatalogLossOptions } from "./item-table.ts";
import type { OnnxModel } from "./onnx-recommender.ts";
import { type SasRecConfig, sasrecNetwork } from "./sasrec.ts";
import { type SequenceNetwork, type TrainableNetwork, toTrainable } from "./sequence-network.ts";
import { NO_SIDES } from "./side-information.ts";

export type NetworkConfig =
  | ({ readonly kind: "bert4rec" } & Bert4RecConfig)
  | ({ readonly kind: "sasrec" } & SasRecConfig)
  | ({ readonly kind: "gru4rec" } & Gru4RecConfig)
  | ({ readonly kind: "informative-encoder" } & InformativeEncoderConfig);

/** A network about to be trained, as plain data, because it crosses threads. */
export interface NetworkSettings {
  readonly config: NetworkConfig;
  readonly dropoutRate: number;
  /** Where weights start. */
  readonly start?: Bert4RecStart;
  readonly loss?: CatalogLossOptions;
  /** Of the informative encoder, in the place of `loss`. */
  readonly nextItemsLoss?: NextItemsLoss;
  /** `[N, F]`, for a network that reads features of films. */
  readonly itemFeatures?: Float32Array | undefined;
}

export function createNetwork(settings: NetworkSettings): TrainableNetwork {
  const { config, dropoutRate, start, loss, nextItemsLoss, itemFeatures } = settings;
  if (config.kind === "informative-encoder") {
    return informativeEncoder(config, { dropoutRate, loss: nextItemsLoss, itemFeatures, start });
  }
  return toTrainable(networkOf(config, start, itemFeatures), dropoutRate, loss);
}

function networkOf(
  config: Exclude<NetworkConfig, { kind: "informative-encoder" }>,
  start?: Bert4RecStart,
  itemFeatures?: Float32Array,
): SequenceNetwork {
  if (config.kind === "bert4rec") return bert4recNetwork(config, start);
  if (config.kind === "gru4rec") return gru4recNetwork(config, start);
  return sasrecNetwork(config, start, itemFeatures);
}

/** What a history must become before the network reads it. */
export function networkInput(config: NetworkConfig): OnnxModel["input"] {
  const { ratings, users } = ("sides" in config && config.sides) || NO_SIDES;
  return {
    maxLength: config.maxLength,
    appendsMask: config.kind === "bert4rec",
    ...(ratings && { ratings }),
    ...(users && { users: [...users] }),
  };
}
