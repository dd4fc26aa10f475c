/**
 * `browser.ts` is for web pages: a bundler finds nothing in it that only Node has.
 */
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { root } from "./project.ts";

describe("browser.ts", () => {
  it("bundles without Node's modules and without packages that need them", async () => {
    const result = await build({
      entryPoints: [join(root, "src/browser.ts")],
      bundle: true,
      format: "esm",
      // With it, esbuild fails on any import of a module of Node.
      platform: "browser",
      logLevel: "silent",
      metafile: true,
      outdir: "unwritten",
      splitting: true,
      write: false,
    });
    const packages = Object.keys(result.metafile.inputs)
      .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
      .filter((name) => name !== undefined);
    expect(packages).toContain("onnxruntime-web");
    expect(packages).not.toContain("onnxruntime-node");
    const external = Object.values(result.metafile.outputs).flatMap(({ imports }) =>
      imports.filter((entry) => entry.external).map(({ path }) => path),
    );
    expect(external).toEqual([]);
  });
});
