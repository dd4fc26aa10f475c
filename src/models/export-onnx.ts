/**
 * A bundle as one file for programs that know ONNX and nothing of Usher: the graph, with what is
 * needed to feed it and to read its scores as metadata. `docs/export.md` documents it.
 */
import { maskToken } from "../data/tokens.ts";
import { appendMetadata } from "../onnx/append-metadata.ts";
import { loadBundleFiles } from "./bundle.ts";
import { CATALOG_FILE, GRAPH_FILE, LICENSE_FILE, parseCatalog } from "./bundle-format.ts";
import { NUM_GAP_BUCKETS } from "./side-information.ts";

/** Of what the metadata means; `docs/export.md` says when it rises. */
export const EXPORT_FORMAT_VERSION = 1;

export interface ExportedModel {
  /** The bytes of the `.onnx` file. */
  readonly graph: Uint8Array;
  /** What the file says of itself, by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * @param folder - of the bundle. Default: the model that comes with Usher.
 * @throws InputError when there is no bundle or it is damaged.
 */
export async function exportOnnx(folder?: string): Promise<ExportedModel> {
  const { manifest, files } = await loadBundleFiles(folder);
  const textOf = (file: string): string => new TextDecoder().decode(files.get(file));
  const { name, kind, numItems, input } = manifest;
  const catalog = parseCatalog(textOf(CATALOG_FILE), numItems, CATALOG_FILE);
  const metadata = {
    "usher.formatVersion": String(EXPORT_FORMAT_VERSION),
    "usher.name": name,
    "usher.kind": kind,
    "usher.maxLength": input.maxLength === null ? "" : String(input.maxLength),
    "usher.maskToken": input.appendsMask ? String(maskToken(numItems)) : "",
    ...(input.ratings && { "usher.ratings": JSON.stringify(input.ratings) }),
    ...(input.users && { "usher.users": JSON.stringify(input.users) }),
    ...((input.gaps || input.nextGaps) && { "usher.gapBuckets": String(NUM_GAP_BUCKETS) }),
    "usher.itemIds": JSON.stringify(catalog.map(({ itemId }) => itemId)),
    ...(files.has(LICENSE_FILE) && { "usher.license": textOf(LICENSE_FILE) }),
  };
  return { graph: appendMetadata(files.get(GRAPH_FILE) as Uint8Array, metadata), metadata };
}
