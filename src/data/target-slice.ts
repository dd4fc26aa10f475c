/**
 * A part of a batch: sequences that a model reads, and what it is to answer. Arrays are row-major.
 */
export interface TargetSlice {
  /** `[B, L]`, padding first. */
  readonly tokens: Int32Array;
  /** Positions with a target, as indices into the `B L` tokens: `[M]`. */
  readonly positions: Int32Array;
  /** The itemIndex to predict at each of them: `[M]`. */
  readonly targets: Int32Array;
  /** How many of the `M` are real; the others only fill the shape. */
  readonly numTargets: number;
}
