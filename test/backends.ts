/**
 * The runtimes that tests can compare here: where no native one can be loaded (Intel Macs), Wasm
 * alone.
 */
import { type Backend, loadRuntime } from "../src/runtime/load-runtime.ts";

const nativeFailure = await loadRuntime({ backend: "native" }).then(() => null, String);
if (nativeFailure !== null)
  console.warn(`tests of the native runtime are skipped: ${nativeFailure}`);

export const hasNative: boolean = nativeFailure === null;

export const backends: readonly Exclude<Backend, "auto">[] = hasNative
  ? ["native", "wasm"]
  : ["wasm"];
