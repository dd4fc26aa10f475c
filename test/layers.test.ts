/**
 * Imports go down only: a file imports from its own folder and from lower layers.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** From the lowest layer up; the folders of one layer are strangers to each other. */
const layers = [
  ["common"],
  ["onnx", "runtime", "data", "metrics"],
  ["graph"],
  ["nn", "optim"],
  ["training"],
  ["models"],
  ["evaluation"],
  ["recipes"],
  ["reproductions"],
  ["cli"],
];

const layerOf = new Map(layers.flatMap((folders, level) => folders.map((name) => [name, level])));

function sourceFiles(): string[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(source, path), "utf8");
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier]) =>
    relative(source, resolve(source, dirname(path), specifier)),
  );
}

const topFolder = (path: string): string => path.split(sep)[0];

test("every folder of src has its layer", () => {
  const folders = new Set(
    sourceFiles()
      .filter((path) => path.includes(sep))
      .map(topFolder),
  );
  expect([...folders].filter((name) => !layerOf.has(name))).toEqual([]);
});

test("imports go down, or stay in their folder", () => {
  const wrong = sourceFiles()
    .filter((path) => path.includes(sep) && !path.endsWith(".test.ts"))
    .flatMap((path) =>
      importsOf(path)
        .filter((imported) => topFolder(imported) !== topFolder(path))
        .filter((imported) => {
          const to = layerOf.get(topFolder(imported)) ?? Number.POSITIVE_INFINITY;
          return to >= (layerOf.get(topFolder(path)) ?? -1);
        })
        .map((imported) => `${path} imports ${imported}`),
    );
  expect(wrong).toEqual([]);
});
