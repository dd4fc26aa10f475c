import { expect, it } from "vitest";
import { toSeconds } from "./to-seconds.ts";

it.each([
  ["seconds", 1],
  ["milliseconds", 1e3],
  ["microseconds", 1e6],
  ["nanoseconds", 1e9],
])("takes %s by their size", (_unit, perSecond) => {
  const times = Float64Array.of(0, 978300760 * perSecond);
  expect([...toSeconds(times)]).toEqual([0, 978300760]);
});

it("knows nothing of no times", () => {
  expect(toSeconds(new Float64Array(0))).toHaveLength(0);
});
