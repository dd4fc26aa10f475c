import { describe, expect, it } from "vitest";
import { nextItems } from "./next-item-batch.ts";

const items = Uint32Array.of(10, 11, 12, 13, 20, 21);

describe("nextItems", () => {
  it("reads all but the last item of a window, padded in front, and asks for those from the first target", () => {
    const windows = [
      { start: 0, firstTarget: 2, end: 4 },
      { start: 4, firstTarget: 5, end: 6 },
    ];
    const slice = nextItems(items, windows, { batchSize: 3, length: 4 }, 5);
    expect(slice).toEqual({
      tokens: Int32Array.of(0, 11, 12, 13, 0, 0, 0, 21, 0, 0, 0, 0),
      positions: Int32Array.of(2, 3, 7, 0, 0),
      targetRows: Int32Array.of(2, 3, 5, 0, 0),
      targets: Int32Array.of(12, 13, 21, 0, 0),
      numTargets: 3,
    });
  });

  it("reads a window that is as long as the sequence may be", () => {
    const slice = nextItems(
      items,
      [{ start: 0, firstTarget: 1, end: 4 }],
      { batchSize: 1, length: 3 },
      3,
    );
    expect([...slice.tokens]).toEqual([11, 12, 13]);
    expect([...slice.positions]).toEqual([0, 1, 2]);
    expect([...slice.targets]).toEqual([11, 12, 13]);
  });
});
