/**
 * Models in folders: written whole or not at all, and checked before they run. The format is
 * specified in `docs/bundle-format.md`.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure, sha256 } from "../common/files.ts";
import type { Film } from "../data/interactions.ts";
import { loadRuntime, type RuntimeOptions } from "../runtime/load-runtime.ts";
import type { SessionOptions } from "../runtime/session.ts";
import {
  CATALOG_FILE,
  formatCatalog,
  formatManifest,
  GRAPH_FILE,
  LICENSE_FILE,
  LOG_FILE,
  MANIFEST_FILE,
  type ModelDescription,
  type ModelManifest,
} from "./bundle-format.ts";
import { CONTENT_FILE, type ContentTower, formatContentTower } from "./content-tower.ts";
import { type BundleSource, type LoadedModel, openBundle, readBundle } from "./loaded-model.ts";

/** The folder of the model that comes with Usher. */
export const DEFAULT_MODEL_FOLDER: string = fileURLToPath(
  new URL("../../models/default", import.meta.url),
);

export interface LoadModelOptions
  extends RuntimeOptions,
    Pick<SessionOptions, "device" | "numThreads"> {}

/**
 * Loads a bundle.
 * @param folder - holds `model.json`, or is what `usher train --out` wrote. Default: the model that
 *   comes with Usher.
 * @throws InputError when there is no bundle, it is damaged, or newer than this Usher.
 * @throws EnvironmentError when no runtime can be loaded or the device is not there.
 */
export async function loadModel(
  folder: string = DEFAULT_MODEL_FOLDER,
  options: LoadModelOptions = {},
): Promise<LoadedModel> {
  const { backend, ...session } = options;
  return openBundle(folderSource(folder), () => loadRuntime({ backend }), session);
}

/** Reads and checks a bundle's files without running its graph. @throws InputError as `loadModel`. */
export async function loadBundleFiles(
  folder: string = DEFAULT_MODEL_FOLDER,
): ReturnType<typeof readBundle> {
  return readBundle(folderSource(folder));
}

/** Where a model's files lie: in the folder itself, or in that of a run. */
export function bundleFolder(folder: string): string {
  const inside = join(folder, "bundle");
  const hasOwn = existsSync(join(folder, MANIFEST_FILE));
  return !hasOwn && existsSync(join(inside, MANIFEST_FILE)) ? inside : folder;
}

function folderSource(folder: string): BundleSource {
  const base = bundleFolder(folder);
  return {
    locate: (file) => join(base, file),
    read: (file) => readFile(join(base, file)).catch((error) => refuseToRead(base, file, error)),
  };
}

function refuseToRead(folder: string, file: string, cause: NodeJS.ErrnoException): never {
  const path = join(folder, file);
  const isAbsent = cause.code === "ENOENT" || cause.code === "ENOTDIR";
  if (!isAbsent) throw new EnvironmentError(`${path}: ${cause.message}`, { cause });
  if (file !== MANIFEST_FILE) {
    throw new InputError(`${path}: not there; the bundle is damaged, get it again`, { cause });
  }
  const what = existsSync(folder) ? `the folder has no ${MANIFEST_FILE}` : "no such folder";
  throw new InputError(
    `${folder}: expected the folder of a model, but ${what}; train one, or name another by --model`,
    { cause },
  );
}

/** A model about to be saved. */
export interface Bundle {
  readonly description: ModelDescription;
  /** The bytes of `model.onnx`. */
  readonly graph: Uint8Array;
  /** By itemIndex: `[N]`. */
  readonly catalog: readonly Film[];
  /** What the model makes of the content of items, for films that come later. */
  readonly content?: ContentTower | null | undefined;
  /** The terms under which the model may be used, where there are any. */
  readonly license?: string | undefined;
  /** The log of its training, where it goes with the model. */
  readonly log?: string | undefined;
}

/**
 * Writes a bundle into a temporary folder beside `folder` and renames it, so that a killed process
 * leaves the whole bundle or none. A bundle that is there already is replaced, and stays where the
 * new one cannot be put.
 * @throws InputError when the description is not as the format asks, or the folder holds something
 *   else.
 * @throws EnvironmentError when the disk refuses.
 */
export async function saveBundle(folder: string, bundle: Bundle): Promise<void> {
  const files = toFiles(bundle);
  const target = resolve(folder);
  await requireReplaceable(target);
  const beside = (ending: string): string =>
    join(dirname(target), `.${basename(target)}.${process.pid}.${ending}`);
  const partial = beside("partial");
  try {
    await mkdir(partial, { recursive: true });
    for (const [file, bytes] of files) {
      await writeFile(join(partial, file), bytes, { flush: true });
    }
    await replaceFolder(target, partial, beside("old"));
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(folder, error), { cause: error });
  } finally {
    // What went wrong above must not be hidden by what then cannot be removed.
    await rm(partial, { recursive: true, force: true }).catch(() => {});
  }
}

/** Keeps what was there under the name of `old` until the new one has its place. */
async function replaceFolder(target: string, partial: string, old: string): Promise<void> {
  const hasOld = existsSync(target);
  if (hasOld) await rename(target, old);
  try {
    await rename(partial, target);
  } catch (error) {
    if (hasOld) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true }).catch(() => {});
}

async function requireReplaceable(target: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new InputError(`${target}: expected a folder for a model (${error.message})`);
  });
  if (names.length === 0 || names.includes(MANIFEST_FILE)) return;
  throw new InputError(
    `${target}: expected no folder, an empty one or a model to replace, got ${names.length} other ` +
      "files; choose another folder",
  );
}

/** The manifest comes last: it has the hashes of the others. */
function toFiles({
  description,
  graph,
  catalog,
  content,
  license,
  log,
}: Bundle): Map<string, Uint8Array> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const files = new Map([
    [GRAPH_FILE, graph],
    [CATALOG_FILE, encode(formatCatalog(catalog))],
  ]);
  if (content) files.set(CONTENT_FILE, encode(formatContentTower(content)));
  if (license !== undefined) files.set(LICENSE_FILE, encode(license));
  if (log !== undefined) files.set(LOG_FILE, encode(log));
  const records: ModelManifest["files"] = Object.fromEntries(
    [...files].map(([file, bytes]) => [file, { sha256: sha256(bytes), sizeBytes: bytes.length }]),
  );
  return files.set(MANIFEST_FILE, encode(formatManifest(description, records)));
}
