/**
 * ONNX files back as messages, for tests that look at what was written.
 */
import protobuf from "protobufjs/light.js";
import { onnxSchema } from "../src/onnx/schema.ts";

export interface DecodedNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly { readonly name: string }[];
}

export interface DecodedValueInfo {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly { dimValue?: number; dimParam?: string }[] };
    };
  };
}

export interface DecodedModel {
  readonly irVersion: number;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly { readonly key?: string; readonly value?: string }[];
  readonly graph: {
    readonly node: readonly DecodedNode[];
    readonly input: readonly DecodedValueInfo[];
    readonly output: readonly DecodedValueInfo[];
  };
}

const modelType = protobuf.Root.fromJSON(onnxSchema).lookupType("ModelProto");

/** Every field that is there, bytes in base64, and none that is empty or left out. */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  const message = modelType.decode(bytes);
  const options = { longs: Number, bytes: String, arrays: true };
  return modelType.toObject(message, options) as DecodedModel;
}
