import { expect, test } from "vitest";
import { initializeParameters, sliceParameters } from "../nn/parameters.ts";
import { type SasRecConfig, sasrecNetwork } from "./sasrec.ts";
import { NO_SIDES } from "./side-information.ts";

test("what is known of viewers starts no larger than the films it is added to", () => {
  const config: SasRecConfig = {
    numItems: 50,
    embeddingDim: 16,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 6,
    feedForwardDim: 16,
    sides: {
      ...NO_SIDES,
      users: [{ name: "age", kind: "numeric", mean: 30, deviation: 10 }],
    },
  };
  const { parameters } = sasrecNetwork(config);
  const weights = sliceParameters(initializeParameters(parameters, 1), parameters);
  const deviation = (name: string): number => {
    const values = weights.get(name) ?? new Float32Array();
    return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  };
  expect(deviation("sides/user/weight")).toBeGreaterThan(0);
  expect(deviation("sides/user/weight")).toBeLessThan(1.5 * deviation("items"));
});
