/**
 * What a baseline has learnt, as plain data: named tensors and the settings they came from. A
 * bundle stores them as they are.
 */
import type { DType, DTypeArrays } from "../common/dtype.ts";

/** A dense tensor, row-major. */
export interface Weight<D extends DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DTypeArrays[D];
}
