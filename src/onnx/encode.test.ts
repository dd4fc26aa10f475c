import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { describe, expect, it } from "vitest";
import { decodeModel } from "../../test/decode-model.ts";
import { encodeModel } from "./encode.ts";
import type { OnnxModel, OnnxNode } from "./model.ts";

const fixture = JSON.parse(
  readFileSync(new URL("../../test/fixtures/onnx/onnx.json", import.meta.url), "utf8"),
) as { readonly model: string };

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer);
}

function node(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode["attributes"],
): OnnxNode {
  const opType = name.slice(name.indexOf("/") + 1);
  return { name, opType, domain: "", inputs, outputs, attributes };
}

/** The model of the fixture: attributes of every kind, named sizes, metadata. */
const model: OnnxModel = {
  graphName: "usher",
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 2] }],
  outputs: [
    { name: "p", dtype: "float32", shape: [2, "batch"] },
    { name: "c", dtype: "int64", shape: ["rows", "batch"] },
  ],
  initializers: [
    {
      name: "weight",
      dtype: "float32",
      shape: [2, 2],
      bytes: bytesOf(Float32Array.of(1.5, -2, 0, 3)),
    },
  ],
  nodes: [
    node("a/Gemm", ["x", "weight"], ["y"], {
      alpha: { float: 0.5 },
      beta: { float: 1 },
      transA: { int: 0 },
      transB: { int: 1 },
    }),
    node("a/Transpose", ["y"], ["z"], { perm: { ints: [1, 0] } }),
    node("Gelu", ["z"], ["g"], { approximate: { string: "none" } }),
    node("Softmax", ["g"], ["p"], { axis: { int: -1 } }),
    node("Shape", ["p"], ["s"], { start: { int: 0 }, end: { int: 2 } }),
    node("ConstantOfShape", ["s"], ["c"], {
      value: {
        tensor: { name: "", dtype: "int64", shape: [1], bytes: bytesOf(BigInt64Array.of(0n)) },
      },
    }),
  ],
  metadata: { formatVersion: "1", note: "æ" },
};

/** Attributes in the order of their names; empty texts, which protobuf may write or not, left out. */
function canonical(bytes: Uint8Array): unknown {
  const sorted = decodeModel(bytes);
  return JSON.parse(
    JSON.stringify(sorted, (key, value) => {
      if (value === "") return undefined;
      if (key !== "attribute") return value;
      return [...value].sort((a: { name: string }, b: { name: string }) =>
        a.name < b.name ? -1 : 1,
      );
    }),
  );
}

describe("encodeModel", () => {
  it("writes what the Python package onnx writes", () => {
    expect(canonical(encodeModel(model))).toEqual(canonical(Buffer.from(fixture.model, "base64")));
  });

  it("gives a file that ONNX Runtime reads and runs", async () => {
    const session = await ort.InferenceSession.create(encodeModel(model));
    expect(session.inputMetadata).toEqual([
      { name: "x", isTensor: true, type: "float32", shape: ["batch", 2] },
    ]);
    expect(session.outputMetadata.map(({ name }) => name)).toEqual(["p", "c"]);
    const x = new ort.Tensor("float32", [2, 0, 0, 2], [2, 2]);
    const { p, c } = await session.run({ x });
    // y = x weight^T / 2 = [[1.5, 0], [-2, 3]]; GELU of its transpose; each row of that sums to 1.
    const [a, b] = [1.5 * 0.9331927987311419, -2 * 0.022750131948179195];
    const first = 1 / (1 + Math.exp(b - a));
    const second = 1 / (1 + Math.exp(3 * 0.9986501019683699));
    const expected = [first, 1 - first, second, 1 - second];
    expected.forEach((value, i) => {
      expect(p.data[i]).toBeCloseTo(value, 6);
    });
    expect(c.dims).toEqual([2, 2]);
    expect([...(c.data as BigInt64Array)]).toEqual([0n, 0n, 0n, 0n]);
    await session.release();
  });

  it("gives the same bytes for the same model", () => {
    expect(encodeModel(model)).toEqual(encodeModel(structuredClone(model)));
  });

  it("imports Microsoft's operators only where they are used", () => {
    const domainsOf = (nodes: readonly OnnxNode[]): readonly string[] =>
      decodeModel(encodeModel({ ...model, nodes })).opsetImport.map(({ domain }) => domain ?? "");
    expect(domainsOf(model.nodes)).toEqual([""]);
    const fused = { ...model.nodes[0], domain: "com.microsoft" };
    expect(domainsOf([...model.nodes, fused])).toEqual(["", "com.microsoft"]);
  });

  it("refuses sizes that are no sizes", () => {
    const inputs = [{ name: "x", dtype: "float32", shape: [2, -1] }] as const;
    expect(() => encodeModel({ ...model, inputs })).toThrow(
      "size of x must be a whole number, got -1",
    );
  });
});
