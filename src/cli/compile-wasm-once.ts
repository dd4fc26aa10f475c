/**
 * For commands that give one answer and end.
 */
import { setFlagsFromString } from "node:v8";

/**
 * V8 compiles WebAssembly once more when it has run for a while, and no process ends before that is
 * done: on the Wasm runtime it would take longer than the answer.
 */
export function compileWasmOnce(): void {
  setFlagsFromString("--wasm-tiering-budget=1000000000");
}
