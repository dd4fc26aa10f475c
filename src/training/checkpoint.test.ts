import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { hasSmallDisk, smallDisk } from "../../test/small-disk.ts";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

function checkpoint(step: number, size = 3): Checkpoint {
  return {
    runtime: "onnxruntime-node 1.30.0",
    position: {
      step,
      epoch: 2,
      stepInEpoch: 1,
      lossSum: 0.1 + 0.2,
      numTokens: 40,
      epochSeconds: 0.5,
      best: { epoch: 1, value: 1 / 3 },
      logBytes: 100,
      seconds: 1.25,
    },
    vectors: { weights: new Float32Array(size).fill(step), average: Float32Array.of(-0, 1e-45) },
  };
}

const vectorsFile = "vectors-7-100.safetensors";

async function edit(
  folder: string,
  change: (index: Record<string, unknown>) => void,
): Promise<void> {
  const path = join(folder, "checkpoint.json");
  const index = JSON.parse(await readFile(path, "utf8"));
  change(index);
  await writeFile(path, JSON.stringify(index));
}

describe("a checkpoint", () => {
  it("is read as it was written", async () => {
    const folder = join(await dataFolder({}), "new", "checkpoint");
    await saveCheckpoint(folder, checkpoint(7));
    expect(await loadCheckpoint(folder)).toEqual(checkpoint(7));
    expect((await readdir(folder)).sort()).toEqual(["checkpoint.json", vectorsFile]);
  });

  it("takes the place of the one before, and of what a killed process left", async () => {
    const folder = await dataFolder({
      "checkpoint.json.17-1-0.tmp": "{",
      "vectors-8-100.safetensors.17-1-1.tmp": "",
      "vectors-9-0.safetensors": "",
      "notes.txt": "mine",
    });
    await saveCheckpoint(folder, checkpoint(7));
    await saveCheckpoint(folder, checkpoint(8));
    expect(await loadCheckpoint(folder)).toEqual(checkpoint(8));
    expect((await readdir(folder)).sort()).toEqual([
      "checkpoint.json",
      "notes.txt",
      "vectors-8-100.safetensors",
    ]);
  });

  it("is the old one until the new one is whole", async () => {
    const folder = await dataFolder({});
    await saveCheckpoint(folder, checkpoint(7));
    const other = await dataFolder({});
    await saveCheckpoint(other, checkpoint(8));
    await copyFile(
      join(other, "vectors-8-100.safetensors"),
      join(folder, "vectors-8-100.safetensors"),
    );
    expect(await loadCheckpoint(folder)).toEqual(checkpoint(7));
    await copyFile(join(other, "checkpoint.json"), join(folder, "checkpoint.json"));
    expect(await loadCheckpoint(folder)).toEqual(checkpoint(8));
  });

  it("is null where there is none", async () => {
    const folder = await dataFolder({ file: "" });
    expect(await loadCheckpoint(folder)).toBe(null);
    expect(await loadCheckpoint(join(folder, "missing"))).toBe(null);
  });

  it("is refused where its vectors are damaged, cut short or missing", async () => {
    const folder = await dataFolder({});
    await saveCheckpoint(folder, checkpoint(7));
    const path = join(folder, vectorsFile);
    const bytes = await readFile(path);
    for (const position of [0, 20, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[position] ^= 1;
      await writeFile(path, damaged);
      await expect(loadCheckpoint(folder)).rejects.toThrow(InputError);
      await expect(loadCheckpoint(folder)).rejects.toThrow(`${path}: damaged: expected sha256`);
    }
    await writeFile(path, bytes.subarray(0, -4));
    await expect(loadCheckpoint(folder)).rejects.toThrow("damaged");
    await rm(path);
    await expect(loadCheckpoint(folder)).rejects.toThrow(InputError);
    await expect(loadCheckpoint(folder)).rejects.toThrow(`${path}: missing, though`);
  });

  it("is refused where its index is not one", async () => {
    const folder = await dataFolder({ "checkpoint.json": '{"formatVersion":1,' });
    await expect(loadCheckpoint(folder)).rejects.toThrow(InputError);
    await expect(loadCheckpoint(folder)).rejects.toThrow("checkpoint.json: not JSON");
    await saveCheckpoint(folder, checkpoint(7));
    await edit(folder, (index) => delete index.runtime);
    await expect(loadCheckpoint(folder)).rejects.toThrow(InputError);
    await expect(loadCheckpoint(folder)).rejects.toThrow("runtime");
  });

  it("reads no file outside its folder", async () => {
    const folder = await dataFolder({ "a.safetensors": "" });
    await mkdir(join(folder, "checkpoint"));
    await saveCheckpoint(join(folder, "checkpoint"), checkpoint(7));
    await edit(join(folder, "checkpoint"), (index) => {
      index.vectors = { file: "../a.safetensors", sha256: "" };
    });
    await expect(loadCheckpoint(join(folder, "checkpoint"))).rejects.toThrow(
      "expected a plain file name",
    );
  });

  it("is refused when a newer Usher wrote it", async () => {
    const folder = await dataFolder({});
    await saveCheckpoint(folder, checkpoint(7));
    await edit(folder, (index) => {
      index.formatVersion = 2;
      index.position = "somewhere else";
    });
    await expect(loadCheckpoint(folder)).rejects.toThrow(InputError);
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      "formatVersion 2 is newer than this Usher reads (1); update Usher",
    );
  });

  it.skipIf(!hasSmallDisk)("stays when the disk has no room for the next", async () => {
    const folder = smallDisk(1_048_576);
    await saveCheckpoint(folder, checkpoint(7, 100_000));
    const saving = saveCheckpoint(folder, checkpoint(8, 200_000));
    await expect(saving).rejects.toThrow(EnvironmentError);
    await expect(saving).rejects.toThrow("the disk is full; free some space");
    expect(await loadCheckpoint(folder)).toEqual(checkpoint(7, 100_000));
  });
});
