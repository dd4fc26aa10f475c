/**
 * `usher export`: the file, run in plain ONNX Runtime by what docs/export.md says and nothing else.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, saveBundle } from "../../src/models/bundle.ts";
import { exportOnnx } from "../../src/models/export-onnx.ts";
import { decodeModel } from "../decode-model.ts";
import { tinyBundle } from "../tiny-model.ts";
import { runUsher } from "./run-usher.ts";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-export-"));
  await saveBundle(join(folder, "tiny"), tinyBundle());
});
afterAll(() => rm(folder, { recursive: true }));

function metadataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  const entries = decodeModel(bytes).metadataProps;
  return Object.fromEntries(entries.map(({ key = "", value = "" }) => [key, value]));
}

/** What docs/export.md tells a stranger to do. */
async function scoreByTheDocs(bytes: Uint8Array, seen: readonly string[]): Promise<number[]> {
  const about = metadataOf(bytes);
  expect(about["usher.formatVersion"]).toBe("1");
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
    () => join(fixtures, "bundle-v1"),
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
    const bytes = await readFile(join(folder, "exported.onnx"));
    const { opsetImport, graph } = decodeModel(bytes);
    expect(opsetImport).toEqual([{ domain: "", version: 20 }]);
    expect(graph.node.filter(({ domain = "" }) => domain !== "")).toEqual([]);
    const license = await readFile(join(model(), "LICENSE"), "utf8");
    expect(metadataOf(bytes)["usher.license"]).toBe(license);
  });
});

test("a file of version 1 is still read as docs/export.md says, to the scores of its day", async () => {
  const bytes = await readFile(join(fixtures, "export-v1.onnx"));
  const recorded: { items: number[]; scores: number[] }[] = JSON.parse(
    await readFile(join(fixtures, "bundle-v1.scores.json"), "utf8"),
  );
  for (const { items, scores } of recorded) {
    const actual = await scoreByTheDocs(
      bytes,
      items.map((item) => `f-${item}`),
    );
    expect(actual).toHaveLength(scores.length);
    for (const [i, score] of scores.entries()) expect(actual[i]).toBeCloseTo(score, 4);
  }
});

test("today's export says all that version 1 says", async () => {
  const fixture = await readFile(join(fixtures, "export-v1.onnx"));
  const { metadata } = await exportOnnx(join(fixtures, "bundle-v1"));
  expect(metadata).toMatchObject(metadataOf(fixture));
});

test("a model that is not there is refused, and nothing is written", async () => {
  const out = join(folder, "none.onnx");
  const run = await runUsher(["export", "--model", join(folder, "none"), "--out", out]);
  expect(run.exitCode).toBe(2);
  await expect(readFile(out)).rejects.toThrow("ENOENT");
});
