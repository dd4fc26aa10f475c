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
import { LOG_FILE } from "../models/bundle-format.ts";
import { networkOnnx } from "../models/network-onnx.ts";
import { createNetwork } from "../models/networks.ts";
import { loadCheckpoint } from "../training/checkpoint.ts";
import { fitSides } from "./fit-sides.ts";
import { prepareData, splitData } from "./prepare-data.ts";
import { isNetwork, validationMetric } from "./recipe.ts";
import { BUNDLE, readRunRecord } from "./run-folder.ts";
import { describeRows, featuresOf, unknownFilm } from "./train.ts";
import { validateGraph } from "./train-network.ts";
import { trainerSettings } from "./trainer-settings.ts";

export interface SaveCheckpointOptions {
  /** The data that the run learnt from, in the same order. */
  readonly data: readonly string[];
  /** The terms of the model. */
  readonly license: string;
  /** The commit of the code that trained, for runs that did not write it down. */
  readonly commit?: string | undefined;
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
 * @param run - the folder of a finished training by epochs, with its checkpoint.
 * @param target - the folder to write; a bundle there is replaced.
 * @throws InputError when the run is not finished, validated nothing, or learnt from other data.
 */
export async function saveCheckpoint(
  run: string,
  target: string,
  { data: paths, license, commit, numThreads = 0 }: SaveCheckpointOptions,
): Promise<CheckpointCost> {
  const { recipe } = await readRunRecord(run);
  const folder = join(run, BUNDLE);
  const metric = isNetwork(recipe) ? validationMetric(recipe) : null;
  if (!isNetwork(recipe) || metric === null || !existsSync(folder)) {
    throw new InputError(`${run}: expected a finished training by epochs with validation`);
  }
  const { manifest } = await loadBundleFiles(folder);
  const data = await prepareData(paths, recipe);
  if (data.fingerprint !== manifest.data.fingerprint) {
    throw new InputError(`${run}: learnt from other data than ${paths.join(", ")}`);
  }
  const split = splitData(data.interactions, recipe.split);
  const features = (await featuresOf(recipe, data, { data: paths })) ?? NO_FEATURES;
  const train = trainingInteractions(split);
  const resources = { numThreads, device: "cpu" } as const;
  const settings = trainerSettings(recipe, train, resources, fitSides(recipe, train, features));
  const network = createNetwork(settings.network);
  const weights = await bestWeights(run);
  const graph = networkOnnx(network, weights, { weights: "int8" });
  const reached = async (bytes: Uint8Array): Promise<number> => {
    const training = { split, features, resources };
    return (await validateGraph(bytes, manifest.input, recipe.name, training))[metric];
  };
  const cost = {
    metric,
    float32: await reached(networkOnnx(network, weights)),
    int8: await reached(graph),
  };
  const { formatVersion: _, files: __, ...description } = manifest;
  await saveBundle(target, {
    description: {
      ...description,
      training: {
        commit: commit ?? null,
        rows: describeRows(split),
        ...manifest.training,
        stored: { metric, value: cost.int8 },
      },
    },
    graph,
    catalog: data.interactions.itemIds.map(unknownFilm),
    license,
    log: await readFile(join(run, LOG_FILE), "utf8"),
  });
  return cost;
}

/** @throws InputError when there are none: a checkpoint that was cleared away cannot be rounded. */
async function bestWeights(run: string): Promise<Float32Array> {
  const checkpoint = await loadCheckpoint(join(run, "checkpoint"));
  if (checkpoint?.vectors.best) return checkpoint.vectors.best;
  throw new InputError(`${run}: its checkpoint has no best weights; train it with validation`);
}
