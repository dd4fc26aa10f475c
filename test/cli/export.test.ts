/**
 * `usher export`: the file, run in plain ONNX Runtime by what docs/export.md says and nothing else.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import protobuf from "protobufjs/light.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, saveBundle } from "../../src/models/bundle.ts";
import { onnxSchema } from "../../src/onnx/schema.ts";
import { tinyBundle } from "../tiny-model.ts";
import { runUsher } from "./run-usher.ts";

interface Decoded {
  readonly graph: { readonly node: readonly { readonly domain: string }[] };
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-export-"));
  await saveBundle(join(folder, "tiny"), tinyBundle());
});
afterAll(() => rm(folder, { recursive: true }));

function decode(bytes: Uint8Array): Decoded {
  const type = protobuf.Root.fromJSON(onnxSchema).lookupType("ModelProto");
  const options = { longs: Number, defaults: true, arrays: true };
  return type.toObject(type.decode(bytes), options) as Decoded;
}

/** What docs/export.md tells a stranger to do. */
async function scoreByTheDocs(bytes: Uint8Array, seen: readonly string[]): Promise<number[]> {
  const about = Object.fromEntries(
    decode(bytes).metadataProps.map(({ key, value }) => [key, value]),
  );
  const ids: string[] = JSON.parse(about["usher.itemIds"]);
  const mask = about["usher.maskToken"];
  const tokens = seen.map((id) => ids.indexOf(id) + 1).concat(mask ? [Number(mask)] : []);
  const cut = tokens.slice(-Number(about["usher.maxLength"] || tokens.length));
  const session = await InferenceSession.create(bytes);
  const input = new Tensor("int32", Int32Array.from(cut), [1, cut.length]);
  const { scores } = await session.run({ tokens: input });
  await session.release();
  return Array.from(scores.data as Float32Array);
}

describe.each([
  ["a baseline", () => join(folder, "tiny"), ["1", "3"]],
  [
    "BERT4Rec with a history that is too long",
    () => fileURLToPath(new URL("../fixtures/bundle-v1", import.meta.url)),
    Array.from({ length: 12 }, (_, i) => `f-${i}`),
  ],
] as const)("%s", (_name, model, seen) => {
  test("runs in plain ONNX Runtime and scores as in Usher", async () => {
    const out = join(folder, "exported.onnx");
    const { exitCode, stdout } = await runUsher([
      "export",
      "--model",
      model(),
      "--out",
      out,
      "--json",
    ]);
    const bytes = await readFile(out);
    const loaded = await loadModel(model());
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      { model: loaded.manifest.name, out, sizeBytes: bytes.length },
    ]);
    const items = seen.map((id) => loaded.itemIndexOf(id) as number);
    const expected = await loaded.recommender.score([{ items }]);
    await loaded.dispose();
    const actual = await scoreByTheDocs(bytes, seen);
    expect(actual).toHaveLength(expected.length);
    for (const [i, score] of expected.entries()) expect(actual[i]).toBeCloseTo(score, 4);
  });

  test("has operators of the standard only, and its licence", async () => {
    const decoded = decode(await readFile(join(folder, "exported.onnx")));
    expect(decoded.opsetImport).toEqual([{ domain: "", version: 20 }]);
    expect(decoded.graph.node.filter(({ domain }) => domain !== "")).toEqual([]);
    const license = decoded.metadataProps.find(({ key }) => key === "usher.license");
    expect(license?.value).toBe(await readFile(join(model(), "LICENSE"), "utf8"));
  });
});

test("a model that is not there is refused, and nothing is written", async () => {
  const out = join(folder, "none.onnx");
  const run = await runUsher(["export", "--model", join(folder, "none"), "--out", out]);
  expect(run.exitCode).toBe(2);
  await expect(readFile(out)).rejects.toThrow("ENOENT");
});
