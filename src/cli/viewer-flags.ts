/**
 * The flags that say what is known of a viewer besides the films he has watched.
 */
import { type Command, InvalidArgumentError } from "commander";
import { InputError } from "../common/errors.ts";
import type { EncodedFeature } from "../data/features/feature-encoding.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { Viewer } from "../models/recommend.ts";
import { collect } from "./flags.ts";

export interface ViewerFlags {
  readonly ratings?: readonly (number | null)[];
  readonly times?: readonly (number | null)[];
  readonly time?: number;
  readonly about?: readonly string[];
}

export function addViewerFlags(command: Command): Command {
  return command
    .option(
      "--ratings <list>",
      "what you gave them, in the order of the films, as in 5,3.5,? (for a model that reads ratings)",
      parseRatings,
    )
    .option(
      "--times <list>",
      "when you watched them, as in 2026-11-20,2026-11-21T20:15,? (UTC; for a model that reads times)",
      (text) => text.split(",").map((part) => (part.trim() === "?" ? null : parseTime(part))),
    )
    .option(
      "--time <time>",
      "when you ask, as in 2026-11-22 (default: now, with --times)",
      parseTime,
    )
    .option(
      "--about <feature=value>",
      "of you, as in age=25; may be repeated (for a model that reads features)",
      collect,
    );
}

function parseRatings(text: string): (number | null)[] {
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() === "?") return null;
    if (part.trim() !== "" && Number.isFinite(value)) return value;
    throw new InvalidArgumentError("Expected numbers or ? with commas between, e.g. 5,3.5,?.");
  });
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/;
const SECONDS = /^\d{9,11}$/;

/** Dates that name no zone are UTC. @returns seconds since 1970. */
function parseTime(given: string): number {
  const text = given.trim();
  if (SECONDS.test(text)) return Number(text);
  const [, time, , zone] = DATE.exec(text) ?? [null];
  const seconds = Date.parse(time && !zone ? `${text}Z` : text) / 1000;
  if (DATE.test(text) && Number.isFinite(seconds)) return seconds;
  throw new InvalidArgumentError(
    `Expected dates such as 2026-11-22 or 2026-11-22T20:15, or seconds since 1970, got "${given}".`,
  );
}

/** @throws InputError where the model does not read what was given, or it is not as it should be. */
export function toViewer(
  { manifest }: Pick<LoadedModel, "manifest">,
  items: readonly string[],
  { ratings, times, time, about = [] }: ViewerFlags,
): Viewer {
  const { name, input } = manifest;
  const isTimed = input.gaps ?? input.nextGaps;
  for (const [flag, values, isRead] of [
    ["--ratings", ratings, input.ratings],
    ["--times", times, isTimed],
  ] as const) {
    if (values && !isRead) throw new InputError(`${flag}: ${name} reads none; leave it out`);
    if (values && values.length !== items.length) {
      throw new InputError(
        `${flag}: expected one for each of ${items.length} films, or ? where there is none, got ${values.length}`,
      );
    }
  }
  if (time !== undefined && !times) {
    throw new InputError("--time: goes with the --times of the films; give both");
  }
  const user = Object.fromEntries(about.map((text) => parseFeature(text, name, input.users ?? [])));
  return { items, ratings, times, ...(times && { time: time ?? Date.now() / 1000 }), user };
}

function parseFeature(
  text: string,
  model: string,
  known: readonly EncodedFeature[],
): [string, string | number | string[]] {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  const feature = known.find((one) => one.name === name);
  if (at < 0 || !feature) {
    const names = known.map((one) => one.name).join(", ");
    const expected = names
      ? `one of ${names} with a value, as in age=25`
      : "nothing: it reads none";
    throw new InputError(`--about ${text}: ${model} expects ${expected}`);
  }
  if (feature.kind === "multi-label") return [name, value.split("|")];
  if (feature.kind === "categorical") {
    if (feature.labels.includes(value)) return [name, value];
    throw new InputError(`--about ${text}: expected one of ${feature.labels.join(", ")}`);
  }
  if (value !== "" && Number.isFinite(Number(value))) return [name, Number(value)];
  throw new InputError(`--about ${text}: expected a number`);
}
