/**
 * An ONNX model as bytes, by protobufjs.
 */
import protobuf from "protobufjs/light.js";
import { InternalError } from "../common/errors.ts";
import {
  DATA_TYPES,
  IR_VERSION,
  MICROSOFT_DOMAIN,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  OPSET_VERSION,
} from "./model.ts";
import { onnxSchema } from "./schema.ts";

const modelType = protobuf.Root.fromJSON(onnxSchema).lookupType("ModelProto");

/** The bytes of a `.onnx` file. The same model gives the same bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const usesMicrosoft = model.nodes.some((node) => node.domain === MICROSOFT_DOMAIN);
  const message = {
    irVersion: IR_VERSION,
    producerName: "usher",
    graph: {
      name: model.graphName,
      node: model.nodes.map(toNodeProto),
      initializer: model.initializers.map(toTensorProto),
      input: model.inputs.map(toValueInfoProto),
      output: model.outputs.map(toValueInfoProto),
    },
    opsetImport: [
      { domain: "", version: OPSET_VERSION },
      ...(usesMicrosoft ? [{ domain: MICROSOFT_DOMAIN, version: 1 }] : []),
    ],
    metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
  };
  return modelType.encode(message).finish();
}

function toNodeProto(node: OnnxNode): object {
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    opType: node.opType,
    domain: node.domain,
    attribute: Object.entries(node.attributes).map(([name, value]) => ({
      name,
      ...toAttributeProto(value),
    })),
  };
}

function toAttributeProto(value: OnnxAttribute): object {
  if ("float" in value) return { type: 1, f: value.float };
  if ("int" in value) return { type: 2, i: value.int };
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  if ("string" in value) return { type: 3, s: encode(value.string) };
  if ("strings" in value) return { type: 8, strings: value.strings.map(encode) };
  if ("tensor" in value) return { type: 4, t: toTensorProto(value.tensor) };
  return { type: 7, ints: value.ints };
}

function toTensorProto(tensor: OnnxTensor): object {
  const { name, dtype, shape, bytes } = tensor;
  return { name, dims: shape, dataType: DATA_TYPES[dtype], rawData: bytes };
}

function toValueInfoProto(value: OnnxValueInfo): object {
  const dim = value.shape.map((size) => {
    if (typeof size === "string") return { dimParam: size };
    if (!Number.isInteger(size) || size < 0) {
      throw new InternalError(`size of ${value.name} must be a whole number, got ${size}`);
    }
    return { dimValue: size };
  });
  return {
    name: value.name,
    type: { tensorType: { elemType: DATA_TYPES[value.dtype], shape: { dim } } },
  };
}
