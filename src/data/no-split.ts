/**
 * Everything for training: how the weights that ship are made, once the recipe has been measured.
 */
import type { Interactions } from "./interactions.ts";
import type { Split } from "./split.ts";

/** No row is held out. */
export function splitNone(interactions: Interactions): Split {
  return {
    kind: "none",
    interactions,
    trainEnds: interactions.offsets.slice(1),
    validation: new Uint32Array(0),
    test: new Uint32Array(0),
  };
}
