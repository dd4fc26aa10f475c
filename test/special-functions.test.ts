import { expect, it } from "vitest";
import { erf, gelu } from "./special-functions.ts";

it("agrees with tables of the error function", () => {
  // Abramowitz & Stegun 1964, table 7.1, and DLMF.
  const table = [
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [-1, -0.8427007929497149],
  ];
  for (const [x, value] of table) expect(erf(x)).toBeCloseTo(value, 14);
  // The two methods meet.
  expect(erf(2.5 - 1e-12)).toBeCloseTo(erf(2.5), 12);
});

it("gates by the normal distribution", () => {
  // Phi(1) = 0.841344746068543
  expect(gelu(1)).toBeCloseTo(0.841344746068543, 14);
  expect(gelu(-1)).toBeCloseTo(0.841344746068543 - 1, 14);
});
