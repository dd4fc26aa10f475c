/**
 * Loads ONNX Runtime in a web page or a web worker.
 */
import { EnvironmentError } from "../common/errors.ts";
import { adaptRuntime } from "./adapt.ts";
import { type OrtModule, textOf } from "./ort.ts";
import type { Device, Runtime } from "./session.ts";

export interface BrowserRuntimeOptions {
  /**
   * The device that sessions may ask for beside the CPU; it decides which of ONNX Runtime's files
   * is fetched: that for "webgpu" is larger (docs/runtime.md). Default: "cpu".
   */
  readonly device?: "cpu" | "webgpu";
  /**
   * The address of the folder that serves the files `ort-wasm-simd-threaded*` of
   * `onnxruntime-web/dist`. Default: the folder of the script.
   */
  readonly wasmPaths?: string;
  /** More than one needs a cross-origin isolated page. Default: 1. */
  readonly numThreads?: number;
}

/** @throws EnvironmentError when ONNX Runtime cannot be loaded, or the browser has no WebGPU. */
export async function loadBrowserRuntime(options: BrowserRuntimeOptions = {}): Promise<Runtime> {
  const { device = "cpu", wasmPaths, numThreads = 1 } = options;
  if (device === "webgpu" && !("gpu" in navigator)) {
    throw new EnvironmentError('device "webgpu": this browser has none; use device "cpu"');
  }
  const ort = await importOrt(device);
  ort.env.logLevel = "fatal";
  ort.env.wasm.numThreads = numThreads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return adaptRuntime(ort, {
    name: "onnxruntime-web",
    fallbackReason: null,
    objectionTo: (wanted) => objectionTo(wanted, device),
    needsOf: () => 'the browser must allow WebGPU on this machine; or use device "cpu"',
  });
}

function objectionTo(wanted: Device, loaded: Device): string | null {
  if (wanted === "cuda") return 'no browser has it; use "webgpu" or "cpu"';
  return wanted === loaded ? null : `the runtime was loaded for "${loaded}" only`;
}

function importOrt(device: "cpu" | "webgpu"): Promise<OrtModule> {
  const module =
    device === "cpu" ? import("onnxruntime-web/wasm") : import("onnxruntime-web/webgpu");
  return module.catch((cause: unknown) => {
    throw new EnvironmentError(`onnxruntime-web cannot be loaded: ${textOf(cause)}`, { cause });
  });
}
