import fc from "fast-check";
import { expect, test } from "vitest";
import { countOverTime } from "./counts-over-time.ts";

test("counts are those of the interactions before the moment", () => {
  const row = fc.record({ item: fc.nat(4), time: fc.integer({ min: -5, max: 20 }) });
  const rows = fc.array(row, { maxLength: 600 });
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.integer({ min: -7, max: 22 }), { minLength: 1 }),
      (all, moments) => {
        const items = Uint32Array.from(all, ({ item }) => item);
        const timestamps = Float64Array.from(all, ({ time }) => time);
        const counted = countOverTime({ items, itemIds: ["a", "b", "c", "d", "e"] }, timestamps);
        const counts = new Uint32Array(5);
        for (const moment of moments) {
          counted.countBefore(moment, counts);
          const expected = [0, 1, 2, 3, 4].map(
            (item) => all.filter((one) => one.item === item && one.time < moment).length,
          );
          expect([...counts]).toEqual(expected);
        }
      },
    ),
  );
});
