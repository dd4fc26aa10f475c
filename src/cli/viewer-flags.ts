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

/** @throws InputError where the model does not read what was given, or it is not as it should be. */
export function toViewer(
  { manifest }: Pick<LoadedModel, "manifest">,
  items: readonly string[],
  { ratings, about = [] }: ViewerFlags,
): Viewer {
  const { name, input } = manifest;
  if (ratings && !input.ratings)
    throw new InputError(`--ratings: ${name} reads none; leave it out`);
  if (ratings && ratings.length !== items.length) {
    throw new InputError(
      `--ratings: expected one for each of ${items.length} films, or ? where there is none, got ${ratings.length}`,
    );
  }
  const user = Object.fromEntries(about.map((text) => parseFeature(text, name, input.users ?? [])));
  return { items, ratings, user };
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
