/**
 * What package.json and the lockfile promise to people who install Usher or clone it
 * (docs/runtime.md says why).
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { pack, readManifest, root, type Tarball } from "./project.ts";

interface LockedPackage {
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function readLock(): Promise<Record<string, LockedPackage>> {
  return JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")).packages;
}

describe("the manifest", () => {
  it("makes the native runtime no dependency: its install script fetches from other hosts", async () => {
    const manifest = await readManifest();
    expect(manifest.dependencies).not.toHaveProperty("onnxruntime-node");
    expect(manifest.optionalDependencies ?? {}).not.toHaveProperty("onnxruntime-node");
    // Any version: npm would refuse to install Usher beside another.
    expect(manifest.peerDependencies).toEqual({ "onnxruntime-node": "*" });
    expect(manifest.peerDependenciesMeta).toEqual({ "onnxruntime-node": { optional: true } });
  });

  it("decides about every install script, so that npm 11 asks nothing", async () => {
    const { allowScripts } = await readManifest();
    for (const [path, locked] of Object.entries(await readLock())) {
      if (locked.hasInstallScript)
        expect(allowScripts).toHaveProperty(path.split("/").at(-1) ?? "");
    }
    expect(allowScripts["onnxruntime-node"]).toBe(false);
  });
});

describe("the lockfile", () => {
  it("keeps npm 10 from the install script of the native runtime", async () => {
    const locked = (await readLock())["node_modules/onnxruntime-node"];
    expect(
      locked.hasInstallScript,
      'delete the line "hasInstallScript" of onnxruntime-node from package-lock.json',
    ).toBeUndefined();
  });

  it("is whole: npm 11 refuses one that lacks a package for any platform", async () => {
    const lock = await readLock();
    const names = new Set(Object.keys(lock).map((path) => path.replace(/^.*node_modules\//, "")));
    for (const [path, locked] of Object.entries(lock)) {
      if (path !== "") expect(locked.integrity, path).toMatch(/^sha512-/);
      const missing = Object.keys(locked.optionalDependencies ?? {}).filter((n) => !names.has(n));
      expect(missing, path).toEqual([]);
    }
  });
});

describe("the tarball", () => {
  let tarball: Tarball;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "usher-pack-"));
    tarball = await pack(folder);
    await rm(folder, { recursive: true });
  });

  it("holds what is built from the sources there are, and no tests", () => {
    const built = tarball.files.filter((path) => path.startsWith("dist/"));
    expect(built.length, "nothing is built: npm run build").toBeGreaterThan(0);
    for (const path of built) {
      const source = path.replace(/^dist\//, "src/").replace(/(\.d\.ts|\.js)$/, ".ts");
      expect(existsSync(join(root, source)), `${path} has no source: delete dist, build`).toBe(
        true,
      );
      expect(path).not.toMatch(/\.test\./);
    }
  });

  it("holds the licence and the readme", () => {
    expect(tarball.files).toEqual(expect.arrayContaining(["LICENSE", "README.md"]));
  });

  it("holds the pages that the readme links to", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    const linked = [...readme.matchAll(/\]\(([^):]+)\)/g)].map(([, path]) => path);
    expect(linked).toContain("docs/cli.md");
    expect(tarball.files).toEqual(expect.arrayContaining(linked));
  });
});
