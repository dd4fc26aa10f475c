import { describe, expect, it } from "vitest";
import { gapsFromKnowledge, gapsOf, joinGaps, joinOver, TIE } from "./time-gaps.ts";

const { NaN: unknown, POSITIVE_INFINITY: later } = Number;

describe("gapsOf", () => {
  const two = { offsets: Uint32Array.of(0, 3, 5), items: new Uint32Array(5) };
  const timestamps = Float64Array.of(10, 10, 70, 5, 6);

  it("is what lies between the rows of one user", () => {
    expect([...(gapsOf({ ...two, timestamps }) ?? [])]).toEqual([unknown, 0, 60, unknown, 1]);
  });

  it("is what the data set says, where it says it, and null without times", () => {
    const gaps = Float64Array.of(unknown, later, 0, unknown, 3);
    expect(gapsOf({ ...two, timestamps, gaps })).toBe(gaps);
    expect(gapsOf({ ...two, timestamps: null })).toBeNull();
  });
});

describe("gaps that are not all known", () => {
  it("rest on real times, or on what is known of ties", () => {
    const { yes, no, unknown: maybe } = TIE;
    const ties = Uint8Array.of(maybe, yes, no, maybe, no, maybe);
    const isReal = Uint8Array.of(0, 0, 1, 1, 1, 1);
    const gaps = gapsFromKnowledge(Uint32Array.of(0, 5, 6), Float64Array.of(1, 1, 4, 9, 9.5, 2), {
      ties,
      isReal,
    });
    expect([...gaps]).toEqual([unknown, 0, later, 5, 0.5, unknown]);
  });

  it("add up to what is known of both", () => {
    expect(joinGaps(2, 3)).toBe(5);
    expect(joinGaps(0, unknown)).toBe(unknown);
    expect(joinGaps(unknown, 3)).toBe(later);
    expect(joinGaps(later, unknown)).toBe(later);
  });
});

describe("joinOver", () => {
  it("adds up what lies between those that are kept, and behind the last", () => {
    const isKept = (i: number): boolean => i === 1 || i === 4;
    const { gaps, rest } = joinOver([unknown, 1, 2, 3, 4, 5, 6], isKept);
    expect([...gaps]).toEqual([unknown, 9]);
    expect(rest).toBe(11);
  });

  it("of nothing kept leaves no gaps", () => {
    expect(joinOver([unknown, 0], () => false).gaps).toHaveLength(0);
  });
});
