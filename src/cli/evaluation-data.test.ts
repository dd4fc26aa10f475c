import { describe, expect, it } from "vitest";
import type { ModelManifest } from "../models/bundle-format.ts";
import type { PreparedData } from "../recipes/prepare-data.ts";
import { requireUnseen } from "./evaluation-data.ts";

const held = { kind: "leave-one-out" } as const;

function modelOf(split: ModelManifest["split"]): ModelManifest {
  const data = { names: ["a", "b"], fingerprint: "ab", fingerprints: ["1", "2"] };
  return { name: "joined", data, split } as ModelManifest;
}

function dataOf(name: string, fingerprint: string): PreparedData {
  return { names: [name], fingerprint, fingerprints: [fingerprint] } as unknown as PreparedData;
}

describe("requireUnseen refuses what a joined model has trained on", () => {
  it("by the name of a set", () => {
    expect(() => requireUnseen(modelOf({ kind: "none" }), dataOf("b", "9"), held)).toThrow(
      "was trained on all of a, b, these targets included",
    );
  });

  it("by what is in it, whatever it is called now", () => {
    expect(() => requireUnseen(modelOf({ kind: "none" }), dataOf("movies", "2"), held)).toThrow(
      "was trained on all of a, b, these targets included",
    );
    expect(() => requireUnseen(modelOf(held), dataOf("movies", "2"), held)).toThrow(
      "so these targets may be among what it was trained on",
    );
  });

  it("and lets other data pass", () => {
    expect(() => requireUnseen(modelOf(held), dataOf("movies", "3"), held)).not.toThrow();
  });
});
