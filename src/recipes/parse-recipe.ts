/**
 * Reads a recipe: each field by its schema, then what must go together.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import {
  type Bert4RecRecipe,
  baselineSchema,
  bert4recRecipeSchema,
  choosesOnValidation,
  isBert4Rec,
  isNetwork,
  isNextFilms,
  type NetworkRecipe,
  type NextFilmsRecipe,
  type NextItemRecipe,
  nextFilmsRecipeSchema,
  nextItemRecipeSchema,
  RECIPE_FORMAT_VERSION,
  type Recipe,
} from "./recipe.ts";

const networkSchemas = new Map<string, z.ZodType<NetworkRecipe>>([
  ["bert4rec", bert4recRecipeSchema],
  ["sasrec", nextItemRecipeSchema],
  ["gru4rec", nextItemRecipeSchema],
  ["informative-encoder", nextFilmsRecipeSchema],
]);

const BASELINES = ["popularity", "recent-popularity", "item-knn", "markov", "ease"];

/**
 * @param text - the content of a recipe file.
 * @param source - where it came from, for messages.
 * @throws InputError that names the field, the value seen and what was expected.
 */
export function parseRecipe(text: string, source: string): Recipe {
  const value = parseVersionedJson(text, source, RECIPE_FORMAT_VERSION);
  const kind = kindOf(value);
  const network = networkSchemas.get(kind);
  if (!network && !BASELINES.includes(kind)) {
    const kinds = [...networkSchemas.keys(), ...BASELINES].join(", ");
    throw new InputError(`${source}: model.kind: expected one of ${kinds}, got "${kind}"`);
  }
  const schema: z.ZodType<Recipe> = network ?? baselineSchema;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError(`${source}: ${z.prettifyError(parsed.error)}`);
  checkSplit(value, parsed.data, source);
  if (isNetwork(parsed.data)) checkNetwork(parsed.data, source);
  if (parsed.data.split.kind === "none") checkNothingHeldOut(parsed.data, source);
  return parsed.data;
}

function kindOf(value: unknown): string {
  const schema = z.object({ model: z.object({ kind: z.string() }) });
  return schema.catch({ model: { kind: "" } }).parse(value).model.kind;
}

/** The schema of splits is that of bundles, which may have fields of later versions. */
function checkSplit(value: unknown, { split }: Recipe, source: string): void {
  const { split: given } = value as { split: object };
  const unknown = Object.keys(given).find((field) => !(field in split));
  if (unknown === undefined) return;
  throw new InputError(`${source}: split: kind "${split.kind}" has no field "${unknown}"`);
}

/** What a schema of single fields cannot say. */
function checkNetwork(recipe: NetworkRecipe, source: string): void {
  const { model, schedule } = recipe;
  const wrong =
    ("numHeads" in model &&
      model.embeddingDim % model.numHeads !== 0 &&
      `model: embeddingDim ${model.embeddingDim} must divide by numHeads ${model.numHeads}`) ||
    (schedule.kind === "step" &&
      schedule.decayEpochs === undefined &&
      'schedule: kind "step" needs decayEpochs') ||
    (isNextFilms(recipe) ? wrongInNextFilms(recipe) : wrongInSequence(recipe));
  if (wrong) throw new InputError(`${source}: ${wrong}`);
}

function wrongInNextFilms({ model, split }: NextFilmsRecipe): string | undefined {
  if (split.kind !== "next-films") {
    return `split: an ${model.kind} needs kind "next-films", got "${split.kind}"`;
  }
  if (model.content) return "model: content is not for an informative-encoder; name items in sides";
  if (split.numInputs === model.maxLength) return undefined;
  return `split: numInputs ${split.numInputs} must be the model's maxLength ${model.maxLength}`;
}

function wrongInSequence(recipe: Bert4RecRecipe | NextItemRecipe): string | undefined {
  const { model, stages, split } = recipe;
  if (split.kind === "next-films") {
    return `split: kind "next-films" is for an informative-encoder, got ${model.kind}`;
  }
  const longest = Math.max(...stages.map((stage) => stage.windowLength));
  if (longest > model.maxLength) {
    return `stages: windowLength ${longest} is longer than the model's maxLength ${model.maxLength}`;
  }
  return isBert4Rec(recipe) ? wrongInBert4Rec(recipe) : wrongInNextItem(recipe);
}

function wrongInBert4Rec({ masking, stages }: Bert4RecRecipe): string | undefined {
  if (masking.randomShare + masking.keptShare > 1) {
    return "masking: randomShare and keptShare must sum to at most 1";
  }
  const wrong = stages.find(
    ({ windowLength, shortestWindow = 0 }) => shortestWindow > windowLength,
  );
  return (
    wrong &&
    `stages: shortestWindow ${wrong.shortestWindow} is longer than windowLength ${wrong.windowLength}`
  );
}

function wrongInNextItem({ stages, distillation, loss }: NextItemRecipe): string | undefined {
  const isPlain =
    loss.kind === "softmax" && loss.popularityHandicap === 0 && loss.labelSmoothing === 0;
  if (distillation && !isPlain) {
    return `distillation: goes with loss.kind "softmax", no popularityHandicap and no labelSmoothing, got ${JSON.stringify(loss)}`;
  }
  const wrong = stages.find(
    ({ windowLength, targetsPerWindow = 1 }) => targetsPerWindow > windowLength,
  );
  return (
    wrong &&
    `stages: targetsPerWindow ${wrong.targetsPerWindow} is more than windowLength ${wrong.windowLength}`
  );
}

function checkNothingHeldOut(recipe: Recipe, source: string): void {
  if (!choosesOnValidation(recipe)) return;
  const field = isNetwork(recipe) ? "validation must be null" : "model.options must be given";
  throw new InputError(`${source}: split "none" holds nothing out, so ${field}`);
}
