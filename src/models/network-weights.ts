/**
 * The weights of a trained network, out of the graph of its bundle.
 */
import { InputError } from "../common/errors.ts";
import { countParameters, type ParameterSpec, sliceParameters } from "../nn/parameters.ts";
import type { OnnxTensor } from "../onnx/model.ts";
import { readInitializers } from "../onnx/read-initializers.ts";
import { SCALE_SUFFIX } from "./quantized-weights.ts";

/**
 * What `networkOnnx` was given, but for the rounding of tables in 8 bits.
 * @param graph - the bytes of `model.onnx`.
 * @returns the flat vector: `[P]`.
 * @throws InputError when the graph does not hold these parameters by their names.
 */
export function readNetworkWeights(
  graph: Uint8Array,
  specs: readonly ParameterSpec[],
): Float32Array {
  const found = readInitializers(graph);
  const flat = new Float32Array(countParameters(specs));
  const parts = sliceParameters(flat, specs);
  for (const { name, shape } of specs) {
    const tensor = found.get(name);
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new InputError(
        `model.onnx: expected weights "${name}" of shape [${shape}], got ` +
          `${tensor ? `shape [${tensor.shape}]` : "none"}; the bundle was written by an Usher that did ` +
          "not keep their names, or is of another architecture: train it again",
      );
    }
    (parts.get(name) as Float32Array).set(toValues(tensor, found.get(name + SCALE_SUFFIX)));
  }
  return flat;
}

/** Whether its tables are in 8 bits. */
export function hasRoundedWeights(graph: Uint8Array): boolean {
  return Array.from(readInitializers(graph).values()).some(({ dtype }) => dtype === "int8");
}

function toValues(
  { dtype, bytes, shape }: OnnxTensor,
  scale: OnnxTensor | undefined,
): Float32Array {
  if (dtype !== "int8" || scale === undefined) return new Float32Array(bytes.buffer);
  const scales = new Float32Array(scale.bytes.buffer);
  const numColumns = shape[1];
  return Float32Array.from(new Int8Array(bytes.buffer), (step, i) =>
    Math.fround(step * scales[Math.floor(i / numColumns)]),
  );
}
