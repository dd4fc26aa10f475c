/**
 * A training is the same on the native runtime and on WebAssembly.
 */
import { describe, expect, it } from "vitest";
import { hasNative } from "./backends.ts";
import { trainGolden } from "./train-golden.ts";

describe.skipIf(!hasNative)("ten training steps", () => {
  it.each([{ dropoutRate: 0 }, { dropoutRate: 0.2 }])(
    "have the same losses on both runtimes, dropout $dropoutRate",
    async (options) => {
      const native = await trainGolden("native", options);
      const wasm = await trainGolden("wasm", options);
      expect(native.length).toBe(10);
      for (const [step, loss] of native.entries()) {
        expect(Math.abs(wasm[step] - loss), `step ${step + 1}`).toBeLessThan(1e-4);
      }
    },
  );

  it("depend on the dropout", async () => {
    expect(await trainGolden("wasm", { dropoutRate: 0.2 })).not.toEqual(await trainGolden("wasm"));
  });
});
