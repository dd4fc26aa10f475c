/**
 * The part of the ONNX file format that Usher reads and writes, as plain data.
 * Source: onnx.proto of the ONNX specification (IR version 10).
 */
import type { DType } from "../common/dtype.ts";

/** The operator set of every graph Usher writes. 20 is the first with Gelu. */
export const OPSET_VERSION = 20;

/** The IR version that belongs to it and that both runtimes read. */
export const IR_VERSION = 9;

/** Operators of ONNX Runtime itself, beyond the standard. */
export const MICROSOFT_DOMAIN = "com.microsoft";

/** `TensorProto.DataType` of each element type. */
export const DATA_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
};

/** A size: known, or a name that the caller's data settle. */
export type Dim = number | string;

export interface OnnxTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** An attribute's value; its kind is in the key, because 1 may be an integer or a float. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor };

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** "" is the standard. */
  readonly domain: string;
  /** "" stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxModel {
  readonly graphName: string;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  /** Free text about the model, shown by viewers. */
  readonly metadata: Readonly<Record<string, string>>;
}
