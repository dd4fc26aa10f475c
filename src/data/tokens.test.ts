import { expect, it } from "vitest";
import { countTokens, maskToken, PADDING, toToken } from "./tokens.ts";

it("gives padding, three items and the mask the numbers 0 to 4", () => {
  const tokens = [PADDING, toToken(0), toToken(1), toToken(2), maskToken(3)];
  expect(tokens).toEqual([0, 1, 2, 3, 4]);
  expect(countTokens(3)).toBe(tokens.length);
});
