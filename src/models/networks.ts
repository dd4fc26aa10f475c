/**
 * The architectures that are trained step by step, by name. A new one is added here and to the
 * recipes (`src/recipes/recipe.ts`, which the compiler then leads on from).
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { copyOf } from "../nn/initialization.ts";
import { sliceParameters } from "../nn/parameters.ts";
import { type Bert4RecConfig, type Bert4RecStart, bert4recNetwork } from "./bert4rec.ts";
import type { ModelManifest } from "./bundle-format.ts";
import type { ItemContent } from "./content-rows.ts";
import { type Gru4RecConfig, gru4recNetwork } from "./gru4rec.ts";
import type { CatalogLossOptions } from "./item-table.ts";
import type { OnnxModel } from "./onnx-recommender.ts";
import { type SasRecConfig, sasrecNetwork } from "./sasrec.ts";
import { type SequenceNetwork, type TrainableNetwork, toTrainable } from "./sequence-network.ts";

export type NetworkConfig =
  | ({ readonly kind: "bert4rec" } & Bert4RecConfig)
  | ({ readonly kind: "sasrec" } & SasRecConfig)
  | ({ readonly kind: "gru4rec" } & Gru4RecConfig);

/** A network about to be trained, as plain data, because it crosses threads. */
export interface NetworkSettings {
  readonly config: NetworkConfig;
  readonly dropoutRate: number;
  /** Where weights start. */
  readonly start?: Bert4RecStart;
  readonly loss?: CatalogLossOptions;
  /** What is known of the items, to be read beside their rows. */
  readonly content?: ItemContent | undefined;
  /** Trained weights to go on from: `[P]`. Default: as `start` says. */
  readonly weights?: Float32Array | undefined;
}

export function createNetwork({
  config,
  dropoutRate,
  start,
  loss,
  content,
  weights,
}: NetworkSettings): TrainableNetwork {
  const network = toTrainable(networkOf(config, start), dropoutRate, { ...loss, content });
  if (weights === undefined) return network;
  const values = sliceParameters(weights, network.parameters);
  const parameters = network.parameters.map((spec) => ({
    ...spec,
    initialize: copyOf(values.get(spec.name) as Float32Array),
  }));
  return { ...network, parameters };
}

function networkOf(config: NetworkConfig, start?: Bert4RecStart): SequenceNetwork {
  if (config.kind === "bert4rec") return bert4recNetwork(config, start);
  return config.kind === "sasrec" ? sasrecNetwork(config, start) : gru4recNetwork(config, start);
}

const size = z.number().int().positive();

/** What every network's `config` has; the rest is its own. */
const configSchema = z.looseObject({
  kind: z.enum(["bert4rec", "sasrec", "gru4rec"] satisfies NetworkConfig["kind"][]),
  numItems: size,
  embeddingDim: size,
  maxLength: size,
});

/**
 * The network of a bundle, to be built again.
 * @throws InputError when the bundle holds none.
 */
export function parseNetworkConfig({
  name,
  kind,
  config,
}: Pick<ModelManifest, "name" | "kind" | "config">): NetworkConfig {
  const parsed = configSchema.safeParse({ ...config, kind });
  if (parsed.success) return parsed.data as unknown as NetworkConfig;
  throw new InputError(
    `${name}: expected a network (bert4rec, sasrec, gru4rec), got kind "${kind}"; ` +
      "a baseline is fitted at once: train it anew on all data",
  );
}

/** What a history must become before the network reads it. */
export function networkInput({
  kind,
  maxLength,
}: Pick<NetworkConfig, "kind" | "maxLength">): OnnxModel["input"] {
  return { maxLength, appendsMask: kind === "bert4rec" };
}
