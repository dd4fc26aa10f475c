/**
 * From a bundle's files to a model that recommends, wherever the files come from.
 */
import { InputError } from "../common/errors.ts";
import type { Film } from "../data/interactions.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import {
  CATALOG_FILE,
  GRAPH_FILE,
  MANIFEST_FILE,
  type ModelManifest,
  parseCatalog,
  parseManifest,
  verifyFile,
} from "./bundle-format.ts";
import { inputNamesOf } from "./history-inputs.ts";
import { type ItemVectors, readItemVectors } from "./item-vectors.ts";
import { createOnnxRecommender, SCORES_OUTPUT } from "./onnx-recommender.ts";
import type { Recommender } from "./recommender.ts";

/** Where the files of a bundle come from. */
export interface BundleSource {
  /** A file's path or address, for messages. */
  locate(file: string): string;
  /** @throws InputError when there is no such file. */
  read(file: string): Promise<Uint8Array>;
}

/** A model ready to recommend. Whoever loads it disposes of it. */
export interface LoadedModel {
  readonly manifest: ModelManifest;
  /** The films it ranks, by itemIndex: `[N]`. A title is "" where only the id is known. */
  readonly catalog: readonly Film[];
  readonly recommender: Recommender;
  /** What runs the graph. */
  readonly runtime: Pick<Runtime, "name" | "version" | "fallbackReason">;
  /** The index of an outside id, undefined where the model does not know it. */
  itemIndexOf(itemId: string): number | undefined;
  /**
   * What tells its films apart, each vector of length 1: `[N, D]`; null where the model has none, as
   * baselines do. Worked out once.
   */
  itemVectors(): Promise<ItemVectors | null>;
  /** Frees what the runtime holds. */
  dispose(): Promise<void>;
}

/**
 * Reads and checks every file of a bundle.
 * @throws InputError when a file is missing or differs from its hash.
 */
export async function readBundle(source: BundleSource): Promise<{
  readonly manifest: ModelManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}> {
  const text = toText(await source.read(MANIFEST_FILE));
  const manifest = parseManifest(text, source.locate(MANIFEST_FILE));
  const entries = Object.entries(manifest.files).map(
    async ([file, expected]): Promise<[string, Uint8Array]> => {
      const bytes = await source.read(file);
      await verifyFile(bytes, expected, source.locate(file));
      return [file, bytes];
    },
  );
  return { manifest, files: new Map(await Promise.all(entries)) };
}

/**
 * Checks a bundle's files, then compiles its graph.
 * @throws InputError when the bundle is damaged or newer than this Usher.
 * @throws EnvironmentError when no runtime can be loaded or the device is not there.
 */
export async function openBundle(
  source: BundleSource,
  loadRuntime: () => Promise<Runtime>,
  options: SessionOptions = {},
): Promise<LoadedModel> {
  const { manifest, files } = await readBundle(source);
  const catalogText = toText(files.get(CATALOG_FILE) as Uint8Array);
  const catalog = parseCatalog(catalogText, manifest.numItems, source.locate(CATALOG_FILE));
  const indices = indexById(catalog, source.locate(CATALOG_FILE));
  const runtime = await loadRuntime();
  const session = await runtime.createSession(files.get(GRAPH_FILE) as Uint8Array, options);
  requireNames(session, manifest.input, source.locate(GRAPH_FILE));
  const recommender = createOnnxRecommender(session, manifest);
  let vectors: Promise<ItemVectors | null> | undefined;
  return {
    manifest,
    catalog,
    recommender,
    runtime,
    itemIndexOf: (itemId) => indices.get(itemId),
    itemVectors: () => (vectors ??= readItemVectors(session, manifest)),
    dispose: () => recommender.dispose(),
  };
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function indexById(catalog: readonly Film[], where: string): ReadonlyMap<string, number> {
  const indices = new Map(catalog.map(({ itemId }, index) => [itemId, index]));
  if (indices.size === catalog.length) return indices;
  const twice = catalog.find(({ itemId }, index) => indices.get(itemId) !== index);
  throw new InputError(`${where}: item id ${twice?.itemId} occurs twice; get the bundle again`);
}

function requireNames(
  { inputNames, outputNames }: { inputNames: readonly string[]; outputNames: readonly string[] },
  input: ModelManifest["input"],
  where: string,
): void {
  const expected = inputNamesOf(input).join();
  if (inputNames.join() === expected && outputNames.includes(SCORES_OUTPUT)) return;
  throw new InputError(
    `${where}: expected a graph from "${expected}" to "${SCORES_OUTPUT}", ` +
      `got one from ${inputNames} to ${outputNames}; get the bundle again`,
  );
}
