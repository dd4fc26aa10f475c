/**
 * Small ONNX models for the tests of the runtime.
 */
import { encodeModel } from "../../src/onnx/encode.ts";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValueInfo } from "../../src/onnx/model.ts";

export function toModel(
  inputs: readonly OnnxValueInfo[],
  outputs: readonly OnnxValueInfo[],
  nodes: readonly OnnxNode[],
): Uint8Array {
  const model: OnnxModel = {
    graphName: "g",
    inputs,
    outputs,
    nodes,
    initializers: [],
    metadata: {},
  };
  return encodeModel(model);
}

export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode {
  return { name: `${opType}${outputs[0]}`, opType, domain: "", inputs, outputs, attributes };
}

/** softmax(a b), with a of `[n, k]` and b of `[k, m]`. */
export function softmaxOfProduct(): Uint8Array {
  return toModel(
    [
      { name: "a", dtype: "float32", shape: ["n", "k"] },
      { name: "b", dtype: "float32", shape: ["k", "m"] },
    ],
    [{ name: "y", dtype: "float32", shape: ["n", "m"] }],
    [node("MatMul", ["a", "b"], ["c"]), node("Softmax", ["c"], ["y"], { axis: { int: -1 } })],
  );
}
