import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../common/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** A file put together by hand from the specification: length, header, data. */
function file(header: string, data: readonly number[]): Uint8Array {
  const json = Buffer.from(header);
  const length = [json.length & 0xff, json.length >> 8, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...length, ...json, ...data]);
}

/** 1, -2 and 0.5 as IEEE 754 writes them, little-endian. */
const one = [0, 0, 0x80, 0x3f];
const minusTwo = [0, 0, 0, 0xc0];
const half = [0, 0, 0, 0x3f];

const header =
  '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}';

/** 108 bytes of JSON, so four spaces follow to the next multiple of 8. */
const golden = file(`${header}    `, [...half, ...one, ...minusTwo]);

describe("safetensors", () => {
  it("is written as the specification says", () => {
    const vectors = { a: Float32Array.of(0.5), b: Float32Array.of(1, -2) };
    expect(header.length).toBe(108);
    expect(encodeSafetensors(vectors)).toEqual(golden);
  });

  it("is read wherever the tensors lie, and whatever else the header says", () => {
    expect(decodeSafetensors(golden, "x")).toEqual({
      a: Float32Array.of(0.5),
      b: Float32Array.of(1, -2),
    });
    const swapped = file(
      '{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      [...half, ...one],
    );
    expect(decodeSafetensors(swapped, "x")).toEqual({
      a: Float32Array.of(0.5),
      b: Float32Array.of(1),
    });
  });

  it("keeps every bit of every vector", () => {
    const names = fc.stringMatching(/^[a-zé/]{1,9}$/);
    const vectors = fc.dictionary(names, fc.float32Array({ maxLength: 9 }));
    fc.assert(
      fc.property(vectors, (values) => {
        const read = decodeSafetensors(encodeSafetensors(values), "x");
        expect(Object.keys(read).sort()).toEqual(Object.keys(values).sort());
        for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(values)) {
          const bits = Buffer.from(buffer, byteOffset, byteLength);
          expect(Buffer.compare(Buffer.from(read[name].buffer), bits)).toBe(0);
        }
      }),
    );
  });

  it("is refused wherever it is cut short", () => {
    for (let length = 0; length < golden.length; length++) {
      expect(() => decodeSafetensors(golden.subarray(0, length), "x")).toThrow(InputError);
    }
  });

  it.each([
    ["no JSON", "{", "the header of this safetensors file cannot be read"],
    ["no object", "[1]", "the header of this safetensors file cannot be read"],
    ["no offsets", '{"a":{"dtype":"F32","shape":[1]}}', "cannot be read"],
    [
      "another type",
      '{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}',
      'x: tensor "a": expected a float32 vector, got F64 [1]',
    ],
    [
      "a matrix",
      '{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}',
      'x: tensor "a": expected a float32 vector, got F32 [1,2]',
    ],
    [
      "a length that is not that of its bytes",
      '{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}',
      'x: tensor "a": expected 12 bytes at 62, the file has 70',
    ],
  ])("is refused when the header has %s", (_, text, message) => {
    const bytes = file(text, [...one, ...half]);
    expect(() => decodeSafetensors(bytes, "x")).toThrow(InputError);
    expect(() => decodeSafetensors(bytes, "x")).toThrow(message);
  });
});
