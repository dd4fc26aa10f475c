/**
 * Loads bundles in a web page or a web worker: from an address, or from bytes at hand.
 */
import { EnvironmentError, InputError } from "../common/errors.ts";
import { type BrowserRuntimeOptions, loadBrowserRuntime } from "../runtime/load-browser-runtime.ts";
import { type BundleSource, type LoadedModel, openBundle } from "./loaded-model.ts";

/** The files of a bundle by name: "model.json", "model.onnx", "catalog.json", ... */
export type BundleBytes = ReadonlyMap<string, Uint8Array>;

/**
 * @param bundle - the address of the bundle's folder, or its files.
 * @throws InputError when a file is missing or damaged, or the bundle is newer than this Usher.
 * @throws EnvironmentError when the network, the runtime or the device cannot be had.
 */
export async function loadBrowserModel(
  bundle: string | BundleBytes,
  options: BrowserRuntimeOptions = {},
): Promise<LoadedModel> {
  const source = typeof bundle === "string" ? addressSource(bundle) : bytesSource(bundle);
  const { device = "cpu" } = options;
  return openBundle(source, () => loadBrowserRuntime(options), { device });
}

function addressSource(address: string): BundleSource {
  const locate = (file: string): string => `${address.replace(/\/$/, "")}/${file}`;
  return {
    locate,
    read: async (file) => {
      const url = locate(file);
      const response = await fetch(url).catch((cause: unknown) => {
        throw new EnvironmentError(`${url}: could not be fetched (${String(cause)})`, { cause });
      });
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      const text = `${url}: the server answered ${response.status} ${response.statusText}`.trim();
      if (response.status >= 500) throw new EnvironmentError(`${text}; try again later`);
      throw new InputError(`${text}; give the address of the folder that holds model.json`);
    },
  };
}

function bytesSource(files: BundleBytes): BundleSource {
  return {
    locate: (file) => file,
    read: async (file) => {
      const bytes = files.get(file);
      if (bytes) return bytes;
      throw new InputError(`${file}: not among the files given (${[...files.keys()].join(", ")})`);
    },
  };
}
