import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../common/random.ts";
import { type MaskingOptions, maskSequences, targetCapacity } from "./masked-batch.ts";
import type { TargetSlice } from "./target-slice.ts";
import { maskToken, PADDING, toToken } from "./tokens.ts";
import type { Window } from "./windows.ts";

/** 80 % mask, 10 % random, 10 % kept, as in Devlin et al. 2018. */
const bert: MaskingOptions = {
  probability: 0.2,
  lastProbability: 0,
  randomShare: 0.1,
  keptShare: 0.1,
};

const numItems = 1000;

const itemRandom = createRandom(1, "items");
const items = Uint32Array.from({ length: 20_000 }, () => itemRandom.nextInt(numItems));

/** Windows of one length, one after the other. */
function windowsOf(count: number, length: number): Window[] {
  return Array.from({ length: count }, (_, i) => ({ start: i * length, end: (i + 1) * length }));
}

function mask(
  windows: readonly Window[],
  length: number,
  options: MaskingOptions,
  seed = 1,
): TargetSlice {
  const shape = { batchSize: windows.length, length, numItems };
  return maskSequences(items, windows, shape, options, createRandom(seed, "masking"));
}

/** What each token would be if nothing were hidden. */
function plainTokens(windows: readonly Window[], length: number): number[] {
  return windows.flatMap(({ start, end }) => [
    ...new Array<number>(length - (end - start)).fill(PADDING),
    ...Array.from(items.subarray(start, end), toToken),
  ]);
}

describe("maskSequences", () => {
  it("hides what is to be predicted, and nothing else", () => {
    const length = fc.integer({ min: 1, max: 12 });
    const someWindows = fc.array(
      fc.tuple(fc.nat(1000), length).map(([start, size]) => ({ start, end: start + size })),
      { minLength: 1, maxLength: 9 },
    );
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    const options = fc.record({
      probability: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      lastProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      randomShare: share,
      keptShare: share,
    });
    fc.assert(
      fc.property(someWindows, options, fc.nat(), (windows, masking, seed) => {
        const slice = mask(windows, 12, masking, seed);
        const plain = plainTokens(windows, 12);
        const { tokens, positions, targets, numTargets } = slice;
        const chosen = positions.subarray(0, numTargets);
        expect(new Set(chosen).size).toBe(numTargets);
        for (const [index, position] of chosen.entries()) {
          expect(toToken(targets[index])).toBe(plain[position]);
          expect(tokens[position]).toBeGreaterThan(PADDING);
          plain[position] = tokens[position];
        }
        expect(Array.from(tokens)).toEqual(plain);
        expect(positions.length).toBe(targetCapacity(windows.length, 12, masking));
      }),
    );
  });

  it("hides the shares it is told to", () => {
    const windows = windowsOf(200, 100);
    const { tokens, positions, numTargets } = mask(windows, 100, bert);
    const plain = plainTokens(windows, 100);
    const chosen = Array.from(positions.subarray(0, numTargets));
    const masked = chosen.filter((position) => tokens[position] === maskToken(numItems)).length;
    const kept = chosen.filter((position) => tokens[position] === plain[position]).length;
    // Within four deviations of a binomial: 20,000 draws, then 4,000.
    expect(Math.abs(numTargets / 20_000 - 0.2)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / 20_000));
    expect(Math.abs(masked / numTargets - 0.8)).toBeLessThan(4 * Math.sqrt((0.8 * 0.2) / 4000));
    expect(Math.abs(kept / numTargets - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / 4000));
  });

  it("replaces with items from the whole catalog, never padding or the mask", () => {
    const replaceAll = { ...bert, probability: 0.9, randomShare: 1, keptShare: 0 };
    const { tokens } = mask(windowsOf(200, 100), 100, replaceAll);
    expect(Math.min(...tokens)).toBe(toToken(0));
    expect(Math.max(...tokens)).toBe(toToken(numItems - 1));
  });

  it.each([0, 0.25, 1])(
    "hides the last item in a share of %f of the sequences more than by chance",
    (share) => {
      const windows = windowsOf(400, 50);
      const options = { probability: 0.1, lastProbability: share, randomShare: 0, keptShare: 0 };
      const { tokens } = mask(windows, 50, options);
      const hidden = windows.filter(
        (_, row) => tokens[row * 50 + 49] === maskToken(numItems),
      ).length;
      const expected = share + (1 - share) * 0.1;
      const deviation = Math.sqrt((expected * (1 - expected)) / 400);
      expect(Math.abs(hidden / 400 - expected)).toBeLessThanOrEqual(4 * deviation);
    },
  );

  it("fills the shape with padding where sequences or targets are missing", () => {
    const shape = { batchSize: 4, length: 6, numItems };
    const random = createRandom(1, "masking");
    const slice = maskSequences(items, [{ start: 0, end: 2 }], shape, bert, random);
    expect(slice.tokens.length).toBe(24);
    expect(Array.from(slice.tokens).filter((token) => token !== PADDING).length).toBe(2);
    const rest = slice.numTargets;
    expect(Array.from(slice.positions.subarray(rest)).every((position) => position === 0)).toBe(
      true,
    );
    expect(Array.from(slice.targets.subarray(rest)).every((target) => target === 0)).toBe(true);
  });

  it("leaves out targets, by chance, where there are more than there is room for", () => {
    const options = { probability: 0.095, lastProbability: 0, randomShare: 0, keptShare: 0 };
    const windows = windowsOf(1, 200);
    expect(targetCapacity(1, 200, options)).toBe(32);
    const overfull = Array.from({ length: 5000 }, (_, seed) => ({
      seed,
      drawn: draw(seed),
    })).filter(({ drawn }) => drawn.length > 32);
    // A binomial of 200 draws passes three deviations once or twice in a thousand times.
    expect(overfull.length).toBeGreaterThan(1);
    expect(overfull.length).toBeLessThan(20);
    for (const { seed, drawn } of overfull) {
      const { positions, numTargets } = mask(windows, 200, options, seed);
      expect(numTargets).toBe(32);
      expect(drawn).toEqual(expect.arrayContaining(Array.from(positions)));
      expect(Array.from(positions).sort((a, b) => a - b)).not.toEqual(drawn.slice(0, 32));
    }
    function draw(seed: number): number[] {
      const random = createRandom(seed, "masking");
      random.next();
      return Array.from({ length: 200 }, (_, i) => i).filter(() => random.next() < 0.095);
    }
  });
});

describe("targetCapacity", () => {
  it("is the expectation and three deviations, in steps of 32", () => {
    // 64 * 199 others at 0.2 and 64 certain last ones; the variance of a last one counts as 1/4.
    const expected = 64 * 199 * 0.2 + 64 + 3 * Math.sqrt(64 * 199 * 0.2 * 0.8 + 64 / 4);
    const capacity = targetCapacity(64, 200, { ...bert, lastProbability: 1 });
    expect(capacity).toBe(Math.ceil(expected / 32) * 32);
    expect(capacity).toBe(2752);
  });

  it("is never more than there are positions", () => {
    expect(targetCapacity(2, 3, { ...bert, probability: 0.9 })).toBe(6);
  });
});
