import { describe, expect, it } from "vitest";
import { createRandom } from "../common/random.ts";
import {
  copyOf,
  glorotUniform,
  ones,
  scaledIdentity,
  truncatedNormal,
  zeros,
} from "./initialization.ts";

const shape = [200, 400];

function fill(initialize: typeof zeros): Float32Array {
  const values = new Float32Array(shape[0] * shape[1]).fill(7);
  initialize(values, shape, createRandom(1, "initialization"));
  return values;
}

function moments(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { mean, deviation: Math.sqrt(variance), largest };
}

describe("initializers", () => {
  it("truncatedNormal is normal within two deviations", () => {
    const { mean, deviation, largest } = moments(fill(truncatedNormal(0.02)));
    // Of a normal distribution cut at +-2: variance 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737.
    expect(deviation / 0.02).toBeCloseTo(Math.sqrt(0.7737), 2);
    expect(Math.abs(mean)).toBeLessThan(0.0003);
    expect(largest).toBeLessThanOrEqual(Math.fround(0.04));
    expect(largest).toBeGreaterThan(0.0395);
  });

  it("glorotUniform has the variance 2 / (inputs + outputs)", () => {
    const { mean, deviation, largest } = moments(fill(glorotUniform));
    expect(deviation).toBeCloseTo(Math.sqrt(2 / 600), 3);
    expect(Math.abs(mean)).toBeLessThan(0.001);
    expect(largest).toBeLessThanOrEqual(0.1);
  });

  it("scaledIdentity multiplies by a number", () => {
    const values = new Float32Array(9).fill(7);
    scaledIdentity(4)(values, [3, 3], createRandom(1, "initialization"));
    expect([...values]).toEqual([4, 0, 0, 0, 4, 0, 0, 0, 4]);
  });

  it("constants and copies are what they say", () => {
    expect(new Set(fill(zeros))).toEqual(new Set([0]));
    expect(new Set(fill(ones))).toEqual(new Set([1]));
    const values = new Float32Array(3);
    copyOf(Float32Array.of(3, 1, 2))(values, [3], createRandom(1, "copy"));
    expect([...values]).toEqual([3, 1, 2]);
  });
});
