/**
 * The architectures that are trained step by step, by name. A new one is added here and to the
 * recipes (`src/recipes/recipe.ts`, which the compiler then leads on from).
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { copyOf } from "../nn/initialization.ts";
import type { NextItemsLoss } from "../nn/losses.ts";
import { sliceParameters } from "../nn/parameters.ts";
import { type Bert4RecConfig, type Bert4RecStart, bert4recNetwork } from "./bert4rec.ts";
import type { ModelManifest } from "./bundle-format.ts";
import type { ItemContent } from "./content-rows.ts";
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
  /** What is known of the items, to be read beside their rows. */
  readonly content?: ItemContent | undefined;
  /** Trained weights to go on from: `[P]`. Default: as `start` says. */
  readonly weights?: Float32Array | undefined;
}

export function createNetwork(settings: NetworkSettings): TrainableNetwork {
  const network = networkOf(settings);
  if (settings.weights === undefined) return network;
  const values = sliceParameters(settings.weights, network.parameters);
  const parameters = network.parameters.map((spec) => ({
    ...spec,
    initialize: copyOf(values.get(spec.name) as Float32Array),
  }));
  return { ...network, parameters };
}

function networkOf(settings: NetworkSettings): TrainableNetwork {
  const { config, dropoutRate, start, loss, nextItemsLoss, itemFeatures, content } = settings;
  if (config.kind === "informative-encoder") {
    return informativeEncoder(config, { dropoutRate, loss: nextItemsLoss, itemFeatures, start });
  }
  const options = { ...loss, content };
  return toTrainable(sequenceNetworkOf(config, start, itemFeatures), dropoutRate, options);
}

function sequenceNetworkOf(
  config: Exclude<NetworkConfig, { kind: "informative-encoder" }>,
  start?: Bert4RecStart,
  itemFeatures?: Float32Array,
): SequenceNetwork {
  if (config.kind === "bert4rec") return bert4recNetwork(config, start);
  if (config.kind === "gru4rec") return gru4recNetwork(config, start);
  return sasrecNetwork(config, start, itemFeatures);
}

const size = z.number().int().positive();

/** What every network's `config` has; the rest is its own. */
const configSchema = z.looseObject({
  kind: z.enum([
    "bert4rec",
    "sasrec",
    "gru4rec",
    "informative-encoder",
  ] satisfies NetworkConfig["kind"][]),
  /** Which sides it reads: how they become numbers is said of the input. */
  sides: z.array(z.string()).optional(),
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
  if (parsed.success) {
    const { sides = [], ...others } = parsed.data;
    const isPlain = sides.length === 0 && others.kind !== "informative-encoder";
    if (isPlain) return others as unknown as NetworkConfig;
    throw new InputError(
      `${name}: ${kind} that reads ${["items", ...sides].join(", ")} cannot be changed yet; train it anew on all data`,
    );
  }
  throw new InputError(
    `${name}: expected a network (bert4rec, sasrec, gru4rec), got kind "${kind}"; ` +
      "a baseline is fitted at once: train it anew on all data",
  );
}

/** What a history must become before the network reads it. */
export function networkInput(config: NetworkConfig): OnnxModel["input"] {
  const { ratings, users, gaps, nextGaps } = ("sides" in config && config.sides) || NO_SIDES;
  return {
    maxLength: config.maxLength,
    appendsMask: config.kind === "bert4rec",
    ...(ratings && { ratings }),
    ...(users && { users: [...users] }),
    ...(gaps && { gaps }),
    ...(nextGaps && { nextGaps }),
  };
}
