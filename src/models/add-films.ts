/**
 * Films that came after training, in a model that knows none of their viewers: vector and bias come
 * from their content, by the tower of the bundle.
 */
import { InputError } from "../common/errors.ts";
import {
  encodeTable,
  encodingWidth,
  requireFeatureValues,
} from "../data/features/feature-encoding.ts";
import type { NewFilm } from "../data/read-new-films.ts";
import type { Bundle } from "./bundle.ts";
import {
  CATALOG_FILE,
  GRAPH_FILE,
  LICENSE_FILE,
  type ModelManifest,
  parseCatalog,
} from "./bundle-format.ts";
import {
  CONTENT_FILE,
  type ContentTower,
  parseContentTower,
  rowsByContent,
} from "./content-tower.ts";
import { growNetwork, type ItemRows } from "./grow-network.ts";
import { networkOnnx } from "./network-onnx.ts";
import { hasRoundedWeights, readNetworkWeights } from "./network-weights.ts";
import { createNetwork, type NetworkConfig, parseNetworkConfig } from "./networks.ts";

/** A bundle's files as `loadBundleFiles` reads them. */
export interface BundleFiles {
  readonly manifest: ModelManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A network out of its bundle, to be changed. */
export interface SavedNetwork {
  readonly config: NetworkConfig;
  /** `[P]` */
  readonly flat: Float32Array;
  readonly storedWeights: "float32" | "int8";
  /** Null where nothing was known of the films of its training. */
  readonly tower: ContentTower | null;
}

/** @throws InputError when it is no network, or its weights are not kept by name. */
export function readNetwork({ manifest, files }: BundleFiles): SavedNetwork {
  const config = parseNetworkConfig(manifest);
  const graph = files.get(GRAPH_FILE) as Uint8Array;
  const { parameters } = createNetwork({ config, dropoutRate: 0 });
  const content = files.get(CONTENT_FILE);
  return {
    config,
    flat: readNetworkWeights(graph, parameters),
    storedWeights: hasRoundedWeights(graph) ? "int8" : "float32",
    tower: content
      ? parseContentTower(new TextDecoder().decode(content), config.embeddingDim, CONTENT_FILE)
      : null,
  };
}

/** @throws InputError when the model has none. */
export function requireTower({ tower }: SavedNetwork, { name }: ModelManifest): ContentTower {
  if (tower) return tower;
  throw new InputError(
    `${name}: its bundle does not say what films are like, so nothing is known of those it has not met; ` +
      "train it anew on data whose films have genres or years (docs/features.md); checkpoints and bundles of earlier versions do not say it",
  );
}

/** Vectors and biases of films, each there once, by their content alone. */
function rowsOfContent(tower: ContentTower, films: readonly NewFilm[]): ItemRows {
  const { encoding } = tower;
  const known = new Map(films.map(({ film, values }) => [film.itemId, values]));
  const values = encodeTable(encoding, known, [...known.keys()]);
  return rowsByContent(tower, { numFeatures: encodingWidth(encoding), values });
}

/** @throws InputError for a film that comes twice, or features of another kind than the model's. */
function requireFilms({ encoding }: ContentTower, films: readonly NewFilm[]): void {
  const names = new Set(encoding.map(({ name }) => name));
  const ids = new Set<string>();
  for (const { film, values } of films) {
    if (ids.has(film.itemId)) {
      throw new InputError(`film "${film.itemId}" (${film.title}): comes twice; leave one out`);
    }
    ids.add(film.itemId);
    const read = Object.entries(values).filter(([name]) => names.has(name));
    requireFeatureValues(encoding, Object.fromEntries(read), `film "${film.itemId}"`);
  }
}

/**
 * The bundle with films behind those it has. Scores of the others stay as they were.
 * @param boost - added to the scores of the new films: 1 makes them about e times as likely.
 * @throws InputError when the model has one of them already, is no network or has no tower.
 */
export function addFilms(bundle: BundleFiles, films: readonly NewFilm[], boost = 0): Bundle {
  const { manifest, files } = bundle;
  const textOf = (file: string): string | undefined =>
    files.has(file) ? new TextDecoder().decode(files.get(file)) : undefined;
  const catalog = parseCatalog(textOf(CATALOG_FILE) ?? "", manifest.numItems, CATALOG_FILE);
  const known = new Set(catalog.map(({ itemId }) => itemId));
  const again = films.find(({ film }) => known.has(film.itemId));
  if (again) {
    throw new InputError(
      `film "${again.film.itemId}" (${again.film.title}): ${manifest.name} has it already; leave it out`,
    );
  }
  const network = readNetwork(bundle);
  const tower = requireTower(network, manifest);
  requireFilms(tower, films);
  const { vectors, biases } = rowsOfContent(tower, films);
  const rows = { vectors, biases: biases.map((bias) => bias + boost) };
  const { config, flat } = growNetwork(network.config, network.flat, rows);
  const graph = networkOnnx(createNetwork({ config, dropoutRate: 0 }), flat, {
    weights: network.storedWeights,
  });
  const { formatVersion: _, files: _files, ...description } = manifest;
  const license = textOf(LICENSE_FILE);
  return {
    description: {
      ...description,
      numItems: config.numItems,
      config: { ...manifest.config, numItems: config.numItems },
      numNewcomers: (manifest.numNewcomers ?? 0) + films.length,
    },
    graph,
    catalog: [...catalog, ...films.map(({ film }) => film)],
    content: tower,
    ...(license !== undefined && { license }),
  };
}
