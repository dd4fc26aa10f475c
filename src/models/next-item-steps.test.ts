import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createRandom } from "../common/random.ts";
import type { StepOptions } from "./batch-slices.ts";
import { nextItemSteps } from "./next-item-steps.ts";

const random = createRandom(1, "histories");
const histories = Array.from({ length: 37 }, () =>
  Array.from({ length: random.nextInt(60) }, () => random.nextInt(50)),
);
const train = toInteractions(histories, 50);
/** Every item but a user's first. */
const numTargets = histories.reduce((sum, items) => sum + Math.max(items.length - 1, 0), 0);

interface Epoch {
  /** Item and target of each, as text. */
  readonly pairs: string[];
  readonly weightSums: number[];
  readonly numTokens: number;
}

function runEpoch(options: StepOptions): Epoch {
  const lengths = { numInputs: 20, numTargets: 8 };
  const { numSteps, step } = nextItemSteps(train, lengths, 1, options);
  const pairs: string[] = [];
  const weightSums: number[] = [];
  let numTokens = 0;
  for (let index = 0; index < numSteps; index++) {
    const made = step(index);
    numTokens += made.numTokens;
    let sum = 0;
    for (const { tokens, positions, targets, weights } of made.batches.flat()) {
      for (const [i, weight] of (weights.data as Float32Array).entries()) {
        sum += weight;
        if (weight === 0) continue;
        const before = Number((tokens.data as Int32Array)[(positions.data as Int32Array)[i]]) - 1;
        pairs.push(`${before} ${(targets.data as Int32Array)[i]}`);
      }
    }
    weightSums.push(sum);
  }
  return { pairs, weightSums, numTokens };
}

describe("nextItemSteps", () => {
  const transitions = histories
    .flatMap((items) => items.slice(1).map((item, i) => `${items[i]} ${item}`))
    .sort();

  it.each([
    [32, 1],
    [7, 3],
    [1, 1],
    [4, 2],
  ])("asks for every transition once, batches of %d, %d in a step", (batchSize, accumulation) => {
    const epoch = runEpoch({ seed: 1, embeddingDim: 8, batchSize, accumulation });
    expect(epoch.pairs).toHaveLength(numTargets);
    expect(epoch.pairs.sort()).toEqual(transitions);
    for (const sum of epoch.weightSums) expect(sum).toBeCloseTo(1, 5);
    expect(epoch.numTokens).toBeGreaterThanOrEqual(numTargets);
  });

  it("gives the negatives of a step to all of its slices", () => {
    const draws = { items: Int32Array.of(3, 4), logProbabilities: Float32Array.of(-1, -2) };
    const options = { seed: 1, embeddingDim: 8, batchSize: 4, accumulation: 2 };
    const { step } = nextItemSteps(train, { numInputs: 20, numTargets: 20 }, 1, {
      ...options,
      drawNegatives: () => draws,
    });
    const slices = step(0).batches.flat();
    expect(slices.length).toBeGreaterThan(1);
    for (const { negatives } of slices) expect(negatives.data).toBe(draws.items);
  });
});
