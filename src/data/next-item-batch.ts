/**
 * Training batches of a model that predicts the next item at every position.
 */
import type { TargetSlice } from "./target-slice.ts";
import { PADDING, toToken } from "./tokens.ts";
import type { TargetWindow } from "./windows.ts";

/** Every row of a window but the last is read. */
export function numInputs({ start, end }: TargetWindow): number {
  return end - 1 - start;
}

/** Every row from `firstTarget` on is predicted. */
export function numTargets({ firstTarget, end }: TargetWindow): number {
  return end - firstTarget;
}

/**
 * @param items - the itemIndex of every row of the interactions.
 * @param windows - at most `batchSize` of them; missing ones are all padding.
 * @param capacity - for how many targets there is room, `M`; no fewer than the windows have.
 * @returns with the row of each target: `[M]`.
 */
export function nextItems(
  items: Uint32Array,
  windows: readonly TargetWindow[],
  shape: { readonly batchSize: number; readonly length: number },
  capacity: number,
): TargetSlice & { readonly targetRows: Int32Array } {
  const { batchSize, length } = shape;
  const tokens = new Int32Array(batchSize * length).fill(PADDING);
  const positions = new Int32Array(capacity);
  const targets = new Int32Array(capacity);
  const targetRows = new Int32Array(capacity);
  let count = 0;
  for (const [row, { start, firstTarget, end }] of windows.entries()) {
    const shift = (row + 1) * length - (end - 1);
    for (let r = start; r + 1 < end; r++) {
      tokens[r + shift] = toToken(items[r]);
      if (r + 1 < firstTarget) continue;
      positions[count] = r + shift;
      targetRows[count] = r + 1;
      targets[count++] = items[r + 1];
    }
  }
  return { tokens, positions, targets, targetRows, numTargets: count };
}
