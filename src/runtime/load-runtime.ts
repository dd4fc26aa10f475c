/**
 * Loads ONNX Runtime in Node: the native one, or WebAssembly where it cannot be loaded.
 */
import { adaptRuntime, type OrtModule } from "./adapt.ts";
import type { Runtime } from "./session.ts";

export async function loadRuntime(): Promise<Runtime> {
  const ort = (await import("onnxruntime-node")) as unknown as OrtModule;
  return adaptRuntime(ort, "onnxruntime-node");
}
