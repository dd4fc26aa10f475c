/**
 * The steps of a network that reads a window of films and says which come next.
 */
import { createRandom } from "../common/random.ts";
import { userOfRow } from "../data/interactions.ts";
import { drawWindows, type NextFilms } from "../data/next-films.ts";
import { PADDING, toToken } from "../data/tokens.ts";
import type { Window } from "../data/windows.ts";
import type { EpochSteps } from "../training/loop.ts";
import type { Slice } from "../training/trainer.ts";
import { type StepOptions, sliceSize, tensorValue, toEpochSteps } from "./batch-slices.ts";
import { TOKENS_INPUT } from "./history-inputs.ts";
import { type SideValues, sideBatch } from "./side-batches.ts";

export interface NextFilmsStepOptions extends StepOptions {
  /** Rows that may be predicted: `[R]`, 1 or 0. */
  readonly isTrainable: Uint8Array;
  /** How many of the films to come are predicted, from the next on. */
  readonly numPredicted: number;
  readonly sideValues: SideValues;
}

/** The steps of one epoch: windows of every viewer from a place drawn by chance. */
export function nextFilmsSteps(
  task: NextFilms,
  epoch: number,
  options: NextFilmsStepOptions,
): EpochSteps {
  const random = createRandom(options.seed, "windows", epoch);
  return toEpochSteps(
    drawWindows(task, options.isTrainable, random),
    () => task.numInputs,
    task.numInputs,
    epoch,
    options,
    (buckets, first) => {
      const sequences = buckets.flatMap((bucket) => bucket.sequences);
      const batches = buckets.map((bucket, index) =>
        toSlices(task, bucket.sequences, sequences.length, [epoch, first + index], options),
      );
      return { batches, numTokens: sequences.length * task.numInputs };
    },
  );
}

function toSlices(
  task: NextFilms,
  windows: readonly Window[],
  windowsOfStep: number,
  [epoch, batch]: readonly number[],
  options: NextFilmsStepOptions,
): Slice[] {
  const { batchSize, embeddingDim, seed, sideValues } = options;
  const { numInputs, interactions } = task;
  const size = sliceSize(batchSize, numInputs, embeddingDim);
  return Array.from({ length: batchSize / size }, (_, slice) => {
    const own = windows.slice(slice * size, (slice + 1) * size);
    const tokens = new Int32Array(size * numInputs).fill(PADDING);
    for (const [b, { start, end }] of own.entries()) {
      const shift = (b + 1) * numInputs - end;
      for (let row = start; row < end; row++)
        tokens[row + shift] = toToken(interactions.items[row]);
    }
    const random = createRandom(seed, "hidden sides", epoch, batch, slice);
    return {
      [TOKENS_INPUT]: tensorValue([size, numInputs], tokens),
      ...targetValues(task, own, size, windowsOfStep, options),
      ...sideBatch(interactions, own, [size, numInputs], sideValues, random),
    };
  });
}

/** Each window counts the same, however many of its targets may be learnt. */
function targetValues(
  { interactions }: NextFilms,
  windows: readonly Window[],
  size: number,
  windowsOfStep: number,
  { isTrainable, numPredicted }: NextFilmsStepOptions,
): Slice {
  const { items, offsets } = interactions;
  const targets = new Int32Array(size * numPredicted);
  const weights = new Float32Array(size * numPredicted);
  for (const [b, { start, end: first }] of windows.entries()) {
    const end = Math.min(first + numPredicted, offsets[userOfRow(offsets, start) + 1]);
    const numKnown = isTrainable.subarray(first, end).reduce((sum, value) => sum + value, 0);
    for (let row = first; row < end; row++) {
      if (isTrainable[row] === 0) continue;
      const at = b * numPredicted + row - first;
      targets[at] = items[row];
      weights[at] = 1 / (numKnown * windowsOfStep);
    }
  }
  return {
    targets: tensorValue([size, numPredicted], targets),
    weights: tensorValue([size, numPredicted], weights),
  };
}
