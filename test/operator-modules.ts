/**
 * What the files of the operators export, for tests that must miss none of them.
 */
import { readdirSync } from "node:fs";

const folder = new URL("../src/graph/operators/", import.meta.url);

/** Helpers that stand beside the operators and make no tensor of a tensor. */
const helpers = new Set(["normalizeAxes", "reducedShape"]);

/** The names of all operators. */
export async function operatorNames(): Promise<string[]> {
  const files = readdirSync(folder).filter((file) => !file.endsWith(".test.ts"));
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.keys(module)).filter((name) => !helpers.has(name));
}
