/**
 * From a finished run to a checkpoint small enough to lie in a repository: the run's bundle with its
 * tables in 8 bits, ids in place of titles, which many data sets do not let one pass on, and the
 * training's log.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../common/errors.ts";
import { NO_FEATURES } from "../data/features/feature-set.ts";
import { trainingInteractions } from "../data/split.ts";
import { loadBundleFiles, saveBundle } from "../models/bundle.ts";
import { GRAPH_FILE, LOG_FILE } from "../models/bundle-format.ts";
import { networkOnnx } from "../models/network-onnx.ts";
import { readNetworkWeights } from "../models/network-weights.ts";
import { createNetwork } from "../models/networks.ts";
import { fitSides } from "./fit-sides.ts";
import { prepareData, splitData } from "./prepare-data.ts";
import { featuresFor } from "./prepare-features.ts";
import { isNetwork, validationMetric } from "./recipe.ts";
import { BUNDLE, readRunRecord } from "./run-folder.ts";
import { describeRows, unknownFilm } from "./train.ts";
import { validateGraph } from "./train-network.ts";
import { networkConfig } from "./trainer-settings.ts";

export interface SaveCheckpointOptions {
  /** The data that the run learnt from, in the same order. */
  readonly data: readonly string[];
  /** The terms of the model. */
  readonly license: string;
  /** Default: one for each core. */
  readonly numThreads?: number;
}

/** What the 8 bits cost on the validation rows. */
export interface CheckpointCost {
  readonly metric: string;
  readonly float32: number;
  readonly int8: number;
}

/**
 * @param run - the folder of a finished training by epochs.
 * @param target - the folder to write; a bundle there is replaced.
 * @returns null where the recipe has no validation rows to measure on.
 * @throws InputError when the run is not finished, or learnt from other data.
 */
export async function saveCheckpoint(
  run: string,
  target: string,
  { data: paths, license, numThreads = 0 }: SaveCheckpointOptions,
): Promise<CheckpointCost | null> {
  const { recipe } = await readRunRecord(run);
  const folder = join(run, BUNDLE);
  if (!isNetwork(recipe) || !existsSync(folder)) {
    throw new InputError(`${run}: expected a finished training by epochs`);
  }
  const { manifest, files } = await loadBundleFiles(folder);
  const data = await prepareData(paths, recipe);
  if (data.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${run}: learnt from other data than ${paths.join(", ")}`);
  }
  const split = splitData(data.interactions, recipe.split);
  const features = (await featuresFor(recipe, data)) ?? NO_FEATURES;
  const { sides, items } = fitSides(recipe, trainingInteractions(split), features);
  const config = networkConfig(recipe, data.interactions.itemIds.length, sides);
  const network = createNetwork({ config, dropoutRate: 0, ...(items && { itemFeatures: items }) });
  const exact = files.get(GRAPH_FILE) as Uint8Array;
  const weights = readNetworkWeights(exact, network.parameters);
  const graph = networkOnnx(network, weights, { weights: "int8" });
  const metric = validationMetric(recipe);
  const known = { split, features };
  const reached = async (bytes: Uint8Array, of: string): Promise<number> =>
    (await validateGraph(bytes, manifest.input, recipe.name, known, numThreads))[of];
  const cost =
    metric === null
      ? null
      : {
          metric,
          float32: await reached(exact, metric),
          int8: await reached(graph, metric),
        };
  const { formatVersion: _, files: __, ...description } = manifest;
  await saveBundle(target, {
    description: {
      ...description,
      training: {
        rows: describeRows(split),
        ...manifest.training,
        stored: cost && { metric: cost.metric, value: cost.int8 },
      },
    },
    graph,
    catalog: data.interactions.itemIds.map(unknownFilm),
    license,
    log: await readFile(join(run, LOG_FILE), "utf8"),
  });
  return cost;
}
