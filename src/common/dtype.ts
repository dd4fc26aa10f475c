/**
 * The element types of tensors, and the array that carries each in JavaScript.
 */
export interface DTypeArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint32: Uint32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  /** One byte an element, 0 or 1. */
  bool: Uint8Array;
}

export type DType = keyof DTypeArrays;

const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

/** Numbers as the array of an element type; int64 takes whole numbers. */
export function toTypedArray<T extends DType>(dtype: T, values: ArrayLike<number>): DTypeArrays[T] {
  if (dtype === "int64") return BigInt64Array.from(Array.from(values, BigInt)) as DTypeArrays[T];
  return (arrayTypes[dtype] as typeof Float32Array).from(values) as DTypeArrays[T];
}

export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}
