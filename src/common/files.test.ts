import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { hasSmallDisk, smallDisk } from "../../test/small-disk.ts";
import { EnvironmentError } from "./errors.ts";
import { describeWriteFailure, sha256, sha256File, writeFileAtomic } from "./files.ts";

describe("writeFileAtomic", () => {
  it("writes text and bytes, over what was there, and leaves nothing beside them", async () => {
    const folder = await dataFolder({ "a.txt": "old" });
    await writeFileAtomic(join(folder, "a.txt"), "né\n");
    await writeFileAtomic(join(folder, "b.bin"), new Uint8Array([0, 1, 2, 3]).subarray(1, 3));
    expect(await readFile(join(folder, "a.txt"))).toEqual(Buffer.from([0x6e, 0xc3, 0xa9, 0x0a]));
    expect(await readFile(join(folder, "b.bin"))).toEqual(Buffer.from([1, 2]));
    expect((await readdir(folder)).sort()).toEqual(["a.txt", "b.bin"]);
  });

  it("says where it could not write, and what to do", async () => {
    const folder = await dataFolder({ file: "" });
    const path = join(folder, "missing", "a.txt");
    await expect(writeFileAtomic(path, "")).rejects.toThrow(EnvironmentError);
    await expect(writeFileAtomic(path, "")).rejects.toThrow(
      `${path}: could not be written (ENOENT`,
    );
  });

  it.skipIf(!hasSmallDisk)("keeps the old file when only a part of the new one fits", async () => {
    const folder = smallDisk(1_048_576);
    const path = join(folder, "vectors");
    await writeFile(path, "old");
    // Linux writes the first megabyte of it and reports no error, only a shorter length.
    const writing = writeFileAtomic(path, new Uint8Array(1_500_000));
    await expect(writing).rejects.toThrow(EnvironmentError);
    await expect(writing).rejects.toThrow("the disk is full; free some space");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["vectors"]);
  });
});

it("tells a folder that may not be written from other failures", () => {
  const refused = Object.assign(new Error("no"), { code: "EACCES" });
  expect(describeWriteFailure("out/a", refused)).toBe(
    "out/a: this user may not write here; choose another folder",
  );
});

it("hashes bytes and files alike", async () => {
  const folder = await dataFolder({ abc: "abc" });
  // The first example of FIPS 180-2.
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256("abc")).toBe(digest);
  expect(await sha256File(join(folder, "abc"))).toBe(digest);
});
