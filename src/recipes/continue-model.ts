/**
 * Going on from a trained model with other interactions: its weights are the start, and items that
 * it has not met get rows of their own behind those it knows.
 */
import { InputError } from "../common/errors.ts";
import { encodeTable, encodingWidth } from "../data/features/feature-encoding.ts";
import type { FeatureTable } from "../data/features/feature-set.ts";
import type { Film, Interactions } from "../data/interactions.ts";
import { type BundleFiles, readNetwork, type SavedNetwork } from "../models/add-films.ts";
import { loadBundleFiles } from "../models/bundle.ts";
import { CATALOG_FILE, GRAPH_FILE, parseCatalog } from "../models/bundle-format.ts";
import { rowsByContent } from "../models/content-tower.ts";
import {
  type GrownNetwork,
  growNetwork,
  type ItemRows,
  itemRowsOf,
} from "../models/grow-network.ts";
import { mapItems } from "./map-items.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { PreparedData } from "./prepare-data.ts";
import { isNetwork, type NetworkRecipe } from "./recipe.ts";
import { firstDifference } from "./run-folder.ts";
import { networkConfig } from "./trainer-settings.ts";

/** A model to go on from. */
export interface ContinuedModel {
  /** What it was trained by; the films held out then are held out no longer. */
  readonly recipe: NetworkRecipe;
  readonly manifest: BundleFiles["manifest"];
  readonly network: SavedNetwork;
  /** By itemIndex. */
  readonly catalog: readonly Film[];
  /** The sha256 of its graph. */
  readonly weights: string;
}

/**
 * @param folder - of a bundle or of a finished run.
 * @throws InputError when there is none, it is a baseline, or its recipe is not kept with it.
 */
export async function readContinuedModel(folder: string): Promise<ContinuedModel> {
  const bundle = await loadBundleFiles(folder);
  const { manifest, files } = bundle;
  const network = readNetwork(bundle);
  const saved = manifest.training?.recipe;
  if (saved === undefined) {
    throw new InputError(
      `--continue ${folder}: the bundle does not say by which recipe it was trained; train it anew`,
    );
  }
  const recipe = parseRecipe(JSON.stringify(saved), `${folder}: training.recipe`);
  if (!isNetwork(recipe)) {
    throw new InputError(`--continue ${folder}: ${recipe.name} is no network; train it anew`);
  }
  const expected = networkConfig(recipe, manifest.numItems);
  const difference = firstDifference({ ...expected }, { ...network.config }, "model");
  if (difference || (recipe.model.content && network.tower === null)) {
    throw new InputError(
      `--continue ${folder}: its weights are not of its recipe (${difference ?? "content"}); train it anew`,
    );
  }
  const text = new TextDecoder().decode(files.get(CATALOG_FILE));
  return {
    recipe: {
      ...recipe,
      preparation: { ...recipe.preparation, heldOutYears: null },
      // Its teachers know nothing of the new interactions.
      ...("distillation" in recipe && { distillation: null }),
    } as NetworkRecipe,
    manifest,
    network,
    catalog: parseCatalog(text, manifest.numItems, CATALOG_FILE),
    weights: manifest.files[GRAPH_FILE].sha256,
  };
}

/**
 * The data over the items of the model, in its order, and those that it has not met behind them.
 * @throws InputError when ids mean other films than the model's, or none is the same.
 */
export function joinVocabulary(model: ContinuedModel, data: PreparedData): PreparedData {
  const { catalog, manifest } = model;
  const known = new Map(catalog.map(({ itemId }, item) => [itemId, item]));
  const itemIndexOf = (id: string): number | undefined => known.get(id);
  const modelItemOf = mapItems({ manifest, catalog, itemIndexOf }, data, "train --continue");
  const itemIds = catalog.map(({ itemId }) => itemId);
  const joined = Uint32Array.from(modelItemOf, (item, i) => {
    return item >= 0 ? item : itemIds.push(data.interactions.itemIds[i]) - 1;
  });
  const interactions: Interactions = {
    ...data.interactions,
    itemIds,
    items: data.interactions.items.map((item) => joined[item]),
  };
  const films = new Map(data.films);
  for (const film of catalog) if (film.title !== "") films.set(film.itemId, film);
  return { ...data, films, interactions };
}

/**
 * The network with rows for all items: of those it has not met what their content says, or, where
 * nothing is known, the mean of the others.
 * @param itemIds - as `joinVocabulary` has them.
 */
export function growVocabulary(
  { network, manifest }: ContinuedModel,
  itemIds: readonly string[],
  features: FeatureTable | null,
): GrownNetwork {
  const added = itemIds.slice(manifest.numItems);
  const rows = meanRows(network, added.length);
  const { tower } = network;
  if (tower && features) {
    const numFeatures = encodingWidth(tower.encoding);
    const values = encodeTable(tower.encoding, features.rows, added);
    const said = rowsByContent(tower, { numFeatures, values });
    const dim = network.config.embeddingDim;
    for (const [i, id] of added.entries()) {
      if (!features.rows.has(id)) continue;
      rows.vectors.set(said.vectors.subarray(i * dim, (i + 1) * dim), i * dim);
      rows.biases[i] = said.biases[i];
    }
  }
  return growNetwork(network.config, network.flat, rows);
}

function meanRows({ config, flat }: SavedNetwork, count: number): ItemRows {
  const { numItems, embeddingDim } = config;
  const { vectors, biases } = itemRowsOf(config, flat);
  const mean = new Float64Array(embeddingDim);
  for (const [i, value] of vectors.entries()) mean[i % embeddingDim] += value / numItems;
  const meanBias = biases.reduce((sum, value) => sum + value, 0) / numItems;
  return {
    vectors: Float32Array.from({ length: count * embeddingDim }, (_, i) => mean[i % embeddingDim]),
    biases: new Float32Array(count).fill(meanBias),
  };
}
