import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../common/errors.ts";
import { createSchedule, type ScheduleKind } from "./schedules.ts";

/** The factors of steps 1 to `count`. */
function factors(schedule: (step: number) => number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => schedule(i + 1));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12);
}

describe("createSchedule", () => {
  it("keeps a constant factor", () => {
    expectClose(factors(createSchedule({ kind: "constant", totalSteps: 3 }), 4), [1, 1, 1, 1]);
  });

  it("falls in a straight line, and stays at 0 after the end", () => {
    const schedule = createSchedule({ kind: "linear", totalSteps: 4 });
    expectClose(factors(schedule, 6), [1, 3 / 4, 2 / 4, 1 / 4, 0, 0]);
  });

  it("falls along half a cosine", () => {
    const schedule = createSchedule({ kind: "cosine", totalSteps: 4 });
    const root = Math.SQRT1_2;
    expectClose(factors(schedule, 5), [1, (1 + root) / 2, 1 / 2, (1 - root) / 2, 0]);
  });

  it("divides by ten after each of the steps named", () => {
    const schedule = createSchedule({ kind: "step", totalSteps: 5, decaysAfter: [2, 3] });
    expectClose(factors(schedule, 5), [1, 1, 0.1, 0.01, 0.01]);
  });

  it("rises to 1 during the warm-up, and decays from there", () => {
    const schedule = createSchedule({ kind: "linear", totalSteps: 6, warmupSteps: 2 });
    expectClose(factors(schedule, 6), [1 / 2, 1, 1, 3 / 4, 2 / 4, 1 / 4]);
  });

  it("stays within (0, 1] in every step of a training, and never rises after the warm-up", () => {
    const kind = fc.constantFrom<ScheduleKind>("constant", "linear", "cosine", "step");
    const count = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(kind, count, count, count, (kind, totalSteps, warmupSteps, decay) => {
        const all = factors(
          createSchedule({ kind, totalSteps, warmupSteps, decaysAfter: [decay, 2 * decay] }),
          totalSteps,
        );
        expect(all.every((factor) => factor > 0 && factor <= 1)).toBe(true);
        const later = all.slice(warmupSteps);
        expect(later.every((factor, i) => i === 0 || factor <= later[i - 1])).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("refuses counts that make no sense", () => {
    expect(() => createSchedule({ kind: "linear", totalSteps: 0 })).toThrow(InputError);
    expect(() => createSchedule({ kind: "constant", totalSteps: 2, warmupSteps: 0.5 })).toThrow(
      "warmupSteps must be a whole number of at least 0, got 0.5",
    );
    expect(() => createSchedule({ kind: "step", totalSteps: 2, decaysAfter: [0] })).toThrow(
      "decaysAfter must be a whole number of at least 1, got 0",
    );
  });
});
