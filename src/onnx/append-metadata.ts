/**
 * Adds free text to an ONNX file without reading it: in protobuf's format, bytes of two messages of
 * one type put together are one message, with the entries of both lists
 * (protobuf.dev/programming-guides/encoding, "Last One Wins").
 */
import protobuf from "protobufjs/light.js";
import { onnxSchema } from "./schema.ts";

/**
 * @param model - the bytes of a `.onnx` file.
 * @param metadata - keys that the file has not yet.
 */
export function appendMetadata(
  model: Uint8Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const modelType = protobuf.Root.fromJSON(onnxSchema).lookupType("ModelProto");
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const added = modelType.encode({ metadataProps }).finish();
  const whole = new Uint8Array(model.length + added.length);
  whole.set(model);
  whole.set(added, model.length);
  return whole;
}
