/**
 * The safetensors file format (Hugging Face): eight bytes with the length of a JSON header, the
 * header, then the tensors, little-endian, one after the other.
 * Source: https://github.com/huggingface/safetensors#format
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";

/** Flat float32 vectors by name: all that a checkpoint holds. */
export type NamedVectors = Readonly<Record<string, Float32Array>>;

const count = z.number().int().nonnegative();

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(count),
  /** First byte and the one after the last, counted from the end of the header. */
  data_offsets: z.tuple([count, count]),
});

type TensorHeader = z.infer<typeof tensorSchema>;

/** Free text that other programs leave in the header; not a tensor. */
const METADATA = "__metadata__";

export function encodeSafetensors(vectors: NamedVectors): Uint8Array {
  const header: Record<string, TensorHeader> = {};
  let end = 0;
  for (const [name, { length, byteLength }] of Object.entries(vectors)) {
    header[name] = { dtype: "F32", shape: [length], data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces so that the tensors start at a multiple of 8, as the format asks.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(vectors)) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), start + header[name].data_offsets[0]);
  }
  return bytes;
}

/**
 * @param path - where the bytes came from, for messages.
 * @throws InputError when the bytes are not a safetensors file of float32 vectors.
 */
export function decodeSafetensors(bytes: Uint8Array, path: string): NamedVectors {
  const { header, start } = readHeader(bytes, path);
  const vectors: Record<string, Float32Array> = {};
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const [from, to] = offsets;
    if (dtype !== "F32" || shape.length !== 1) {
      throw new InputError(
        `${path}: tensor "${name}": expected a float32 vector, got ${dtype} [${shape}]`,
      );
    }
    if (to - from !== 4 * shape[0] || start + to > bytes.length) {
      throw new InputError(
        `${path}: tensor "${name}": expected ${4 * shape[0]} bytes at ${start + from}, the file has ${bytes.length}; it is cut short or damaged`,
      );
    }
    // Not bytes.slice: of a Buffer, which is what files are read to, that would be a view of it all.
    const tensor = new Uint8Array(bytes.buffer, bytes.byteOffset + start + from, to - from).slice();
    vectors[name] = new Float32Array(tensor.buffer);
  }
  return vectors;
}

function readHeader(
  bytes: Uint8Array,
  path: string,
): { header: Record<string, TensorHeader>; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(8 + length <= bytes.length)) {
    throw new InputError(`${path}: not a safetensors file, or cut short (${bytes.length} bytes)`);
  }
  try {
    const { [METADATA]: _, ...tensors } = JSON.parse(
      new TextDecoder().decode(bytes.subarray(8, 8 + length)),
    );
    return { header: z.record(z.string(), tensorSchema).parse(tensors), start: 8 + length };
  } catch (error) {
    throw new InputError(`${path}: the header of this safetensors file cannot be read`, {
      cause: error,
    });
  }
}
