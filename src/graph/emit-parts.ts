/**
 * How parts of a tensor are written to ONNX.
 */
import type { Emitter } from "./operator.ts";

/**
 * WebGPU promises a kernel eight buffers (maxStorageBuffersPerShaderStage), and the input of a Split
 * takes one of them.
 */
const MAX_SPLIT = 7;

/** Writes the parts of `input` along an axis. */
export function emitSplit(
  emitter: Emitter,
  input: string,
  { axis, sizes }: { readonly axis: number; readonly sizes: readonly number[] },
  outputs: readonly string[],
): void {
  if (sizes.length <= MAX_SPLIT) {
    const lengths = emitter.constant("int64", [sizes.length], sizes);
    emitter.node("Split", [input, lengths], { axis: { int: axis } }, { outputs });
    return;
  }
  let start = 0;
  for (const [index, size] of sizes.entries()) {
    emitSlice(emitter, input, [start, start + size, axis], outputs[index]);
    start += size;
  }
}

/** Writes a range of `input` along an axis. */
export function emitSlice(
  emitter: Emitter,
  input: string,
  place: readonly [start: number, end: number, axis: number],
  output: string,
): void {
  const numbers = [...place, 1].map((value) => emitter.constant("int64", [1], [value]));
  emitter.node("Slice", [input, ...numbers], {}, { outputs: [output] });
}
