/**
 * Training batches of a model that fills in masked items (Devlin et al. 2018; Sun et al. 2019).
 */
import { type Random, shuffle } from "../common/random.ts";
import type { TargetSlice } from "./target-slice.ts";
import { maskToken, PADDING, toToken } from "./tokens.ts";
import type { Window } from "./windows.ts";

export interface MaskingOptions {
  /** The share of positions to predict. */
  readonly probability: number;
  /** The share of sequences in which the last position is among them, as it is when recommending. */
  readonly lastProbability: number;
  /** Of the positions to predict, the share that reads another, random item instead of the mask. */
  readonly randomShare: number;
  /** And the share that reads its own item. */
  readonly keptShare: number;
}

/**
 * The number of positions to predict for which a slice has room: what is expected, three
 * deviations more, rounded up to 32. In about one full slice of a thousand some are left out.
 */
export function targetCapacity(batchSize: number, length: number, options: MaskingOptions): number {
  const { probability, lastProbability } = options;
  const others = batchSize * (length - 1) * probability;
  const last = batchSize * (lastProbability + (1 - lastProbability) * probability);
  const deviation = Math.sqrt(others * (1 - probability) + batchSize / 4);
  const wanted = Math.ceil((others + last + 3 * deviation) / 32) * 32;
  return Math.min(wanted, batchSize * length);
}

/**
 * @param items - the itemIndex of every row of the interactions.
 * @param windows - at most `batchSize` of them; missing ones are all padding.
 */
export function maskSequences(
  items: Uint32Array,
  windows: readonly Window[],
  shape: { readonly batchSize: number; readonly length: number; readonly numItems: number },
  options: MaskingOptions,
  random: Random,
): TargetSlice {
  const { batchSize, length, numItems } = shape;
  const tokens = new Int32Array(batchSize * length).fill(PADDING);
  const chosen: number[] = [];
  for (const [row, { start, end }] of windows.entries()) {
    const shift = (row + 1) * length - end;
    const isLastChosen = random.next() < options.lastProbability;
    for (let r = start; r < end; r++) {
      tokens[r + shift] = toToken(items[r]);
      const isChosen = random.next() < options.probability;
      if (isChosen || (isLastChosen && r === end - 1)) chosen.push(r + shift);
    }
  }
  const capacity = targetCapacity(batchSize, length, options);
  const kept = chosen.length > capacity ? shuffle(chosen, random).slice(0, capacity) : chosen;
  return { ...hideItems(tokens, kept, capacity, numItems, options, random), tokens };
}

function hideItems(
  tokens: Int32Array,
  chosen: readonly number[],
  capacity: number,
  numItems: number,
  { randomShare, keptShare }: MaskingOptions,
  random: Random,
): Omit<TargetSlice, "tokens"> {
  const positions = new Int32Array(capacity);
  const targets = new Int32Array(capacity);
  for (const [index, position] of chosen.entries()) {
    positions[index] = position;
    targets[index] = tokens[position] - 1;
    const draw = random.next();
    if (draw < randomShare) tokens[position] = toToken(random.nextInt(numItems));
    else if (draw >= randomShare + keptShare) tokens[position] = maskToken(numItems);
  }
  return { positions, targets, numTargets: chosen.length };
}
