import { expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import { bootstrapMeans, resampleUsers } from "./bootstrap.ts";

test("the interval of a mean is the normal one for many users", () => {
  const random = createRandom(3, "test");
  const values = Float64Array.from({ length: 2000 }, () => random.nextNormal() ** 2);
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const error = Math.sqrt(variance / values.length);
  const { squares } = bootstrapMeans({ squares: values }, { numResamples: 4000 });
  expect(squares.value).toBeCloseTo(mean, 12);
  // A percentile of 4000 resamples is itself uncertain by about 0.04 standard errors.
  expect(Math.abs(squares.low - (mean - 1.96 * error))).toBeLessThan(0.2 * error);
  expect(Math.abs(squares.high - (mean + 1.96 * error))).toBeLessThan(0.2 * error);
});

test("two users, drawn both alike in half of the resamples, span everything between", () => {
  const { metric } = bootstrapMeans({ metric: Float64Array.of(0, 1) });
  expect(metric).toEqual({ value: 0.5, low: 0, high: 1 });
});

test("users without a value are left out, and a metric that nobody has", () => {
  const means = bootstrapMeans({
    some: Float64Array.of(NaN, 4, 4),
    none: new Float64Array(3).fill(NaN),
  });
  expect(means).toEqual({ some: { value: 4, low: 4, high: 4 } });
});

test("a resample has as many users as there are, and each seed its own draws", () => {
  const draw = (seed: number): number[][] =>
    Array.from(resampleUsers(7, { seed }), (weights) => [...weights]);
  const first = draw(1);
  expect(first).toHaveLength(1000);
  for (const weights of first) expect(weights.reduce((sum, weight) => sum + weight)).toBe(7);
  expect(draw(1)).toEqual(first);
  expect(draw(2)).not.toEqual(first);
});

test("fewer than 1000 resamples are refused", () => {
  const few = { numResamples: 999 };
  expect(() => bootstrapMeans({ metric: Float64Array.of(1) }, few)).toThrow(InputError);
});
