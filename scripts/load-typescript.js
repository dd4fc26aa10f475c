// The module hook behind register-typescript.js: esbuild takes the types away, file by file.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const sourcefile = fileURLToPath(url);
  const { code } = await transform(await readFile(sourcefile, "utf8"), {
    loader: "ts",
    sourcefile,
    sourcemap: "inline",
    target: "node20",
  });
  return { format: "module", shortCircuit: true, source: code };
}
