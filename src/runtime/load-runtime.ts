/**
 * Loads ONNX Runtime in Node: the native one, or WebAssembly where that cannot be loaded.
 */
import { EnvironmentError, InputError } from "../common/errors.ts";
import { adaptRuntime, probe } from "./adapt.ts";
import { loadNative } from "./load-native.ts";
import { nativeObjectionTo, needsOf } from "./native-devices.ts";
import { ORT_VERSION, textOf } from "./ort.ts";
import type { Runtime } from "./session.ts";

/** "native" is `onnxruntime-node`, "wasm" is `onnxruntime-web`, "auto" the first of them that loads. */
export type Backend = "auto" | "native" | "wasm";

export interface RuntimeOptions {
  /** Default: "auto", which the environment variable USHER_RUNTIME (native, wasm) overrules. */
  readonly backend?: Backend;
}

/** The command that installs the native runtime. */
export const installNative: string = `npm install --ignore-scripts onnxruntime-node@${ORT_VERSION}`;

const loading = new Map<Backend, Promise<Runtime>>();

/**
 * The runtime of this thread; asked for again, it is the same one. Its `fallbackReason` says why it
 * is not the native one.
 * @throws EnvironmentError when the backend, or with "auto" both, cannot be loaded.
 */
export async function loadRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { backend = "auto" } = options;
  const wanted = backend === "auto" ? backendOfEnvironment() : backend;
  const runtime = loading.get(wanted) ?? loaders[wanted]();
  loading.set(wanted, runtime);
  return runtime;
}

const loaders: Record<Backend, () => Promise<Runtime>> = {
  native: () => loadNativeRuntime().catch(refuseNative),
  wasm: () => loadWasmRuntime(null),
  auto: () => loadNativeRuntime().catch((error: unknown) => loadWasmRuntime(textOf(error))),
};

function backendOfEnvironment(): Backend {
  const value = process.env.USHER_RUNTIME ?? "";
  if (value === "") return "auto";
  if (value === "native" || value === "wasm") return value;
  throw new InputError(`USHER_RUNTIME: expected "native" or "wasm", got "${value}"`);
}

async function loadNativeRuntime(): Promise<Runtime> {
  const native = loadNative();
  // Some machines make it warn of GPUs it could not list, before any session could say otherwise.
  native.ort.env.logLevel = "error";
  await probe(native.ort, "cpu");
  return adaptRuntime(native.ort, {
    name: "onnxruntime-node",
    fallbackReason: null,
    objectionTo: (device) => nativeObjectionTo(native, device),
    needsOf,
  });
}

function refuseNative(cause: unknown): never {
  const text = `the native runtime cannot be loaded: ${textOf(cause)}; try: ${installNative}`;
  throw new EnvironmentError(text, { cause });
}

async function loadWasmRuntime(fallbackReason: string | null): Promise<Runtime> {
  const ort = await import("onnxruntime-web").catch((cause: unknown) => {
    const native = fallbackReason === null ? "" : ` (nor the native runtime: ${fallbackReason})`;
    const text = `onnxruntime-web cannot be loaded: ${textOf(cause)}${native}; install Usher again`;
    throw new EnvironmentError(text, { cause });
  });
  // What goes wrong in a run is thrown as well.
  ort.env.logLevel = "fatal";
  // More did not speed matrix products up.
  ort.env.wasm.numThreads = 1;
  const why = fallbackReason === null ? "" : ` (${fallbackReason})`;
  return adaptRuntime(ort, {
    name: "onnxruntime-web",
    fallbackReason,
    objectionTo: () =>
      `it needs the native runtime, and this is WebAssembly${why}; try: ${installNative}`,
    needsOf,
  });
}
