/**
 * A recipe: everything that decides how a model comes out, but for the data. Recipes are JSON files;
 * those that ship lie in `runs/`. `docs/recipe-format.md` specifies them.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";

export const RECIPE_FORMAT_VERSION = 1;

const count = z.number().int().positive();
const share = z.number().min(0).max(1);

const bert4recSchema = z.strictObject({
  kind: z.literal("bert4rec"),
  embeddingDim: count,
  numBlocks: count,
  numHeads: count,
  maxLength: count,
  dropoutRate: z.number().min(0).lt(1),
  normPlacement: z.enum(["pre", "post"]),
  hasHead: z.boolean(),
});

const maskingSchema = z.strictObject({
  probability: z.number().gt(0).lt(1),
  lastProbability: share,
  randomShare: share,
  keptShare: share,
});

const optimizerSchema = z.strictObject({
  learningRate: z.number().positive(),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().nonnegative().default(0),
  maxGradientNorm: z.number().positive().nullable().default(null),
  /** 0 keeps the last weights; 0.999 averages about the last thousand steps. */
  averageDecay: z.number().min(0).lt(1).default(0),
});

const scheduleSchema = z.strictObject({
  kind: z.enum(["constant", "linear", "cosine", "step"]),
  warmupSteps: z.number().int().nonnegative().default(0),
  /** "step" only: epochs between two decays by ten. */
  decayEpochs: count.optional(),
});

const stageSchema = z.strictObject({
  epochs: count,
  /** Histories are cut into windows of this many items. */
  windowLength: count,
});

const validationSchema = z.strictObject({
  metric: z.string().default("ndcg@10"),
  everyEpochs: count.default(1),
  /** Validations without a better one before training stops; null never stops. */
  patience: count.nullable().default(null),
});

const preparationSchema = z.strictObject({
  minRating: z.number().nullable().default(null),
  minUserInteractions: count.default(1),
  minItemInteractions: count.default(1),
});

const networkSchema = z.strictObject({
  formatVersion: z.literal(RECIPE_FORMAT_VERSION),
  name: z.string().min(1),
  description: z.string().default(""),
  model: bert4recSchema,
  preparation: preparationSchema.default(preparationSchema.parse({})),
  split: z.enum(["leave-one-out", "none"]),
  masking: maskingSchema,
  stages: z.array(stageSchema).min(1),
  batchSize: count,
  accumulation: count.default(1),
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  validation: validationSchema.nullable(),
  seed: z.number().int().nonnegative().default(1),
});

/** A validated recipe, every default filled in. */
export type Recipe = z.infer<typeof networkSchema>;

/**
 * @param text - the content of a recipe file.
 * @param source - where it came from, for messages.
 * @throws InputError that names the field, the value seen and what was expected.
 */
export function parseRecipe(text: string, source: string): Recipe {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${source}: not JSON (${(error as Error).message})`, { cause: error });
  }
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === "number" && version > RECIPE_FORMAT_VERSION) {
    throw new InputError(
      `${source}: formatVersion ${version} is newer than this Usher reads (${RECIPE_FORMAT_VERSION}); update Usher`,
    );
  }
  const parsed = networkSchema.safeParse(value);
  if (!parsed.success) throw new InputError(`${source}: ${z.prettifyError(parsed.error)}`);
  return checked(parsed.data, source);
}

/** What a schema of single fields cannot say. */
function checked(recipe: Recipe, source: string): Recipe {
  const { model, masking, stages, split, validation, schedule } = recipe;
  const refuse = (text: string): never => {
    throw new InputError(`${source}: ${text}`);
  };
  if (model.embeddingDim % model.numHeads !== 0) {
    refuse(`model: embeddingDim ${model.embeddingDim} must divide by numHeads ${model.numHeads}`);
  }
  if (masking.randomShare + masking.keptShare > 1) {
    refuse("masking: randomShare and keptShare must sum to at most 1");
  }
  const longest = Math.max(...stages.map((stage) => stage.windowLength));
  if (longest > model.maxLength) {
    refuse(
      `stages: windowLength ${longest} is longer than the model's maxLength ${model.maxLength}`,
    );
  }
  if (split === "none" && validation !== null) {
    refuse('validation: must be null with split "none", which holds nothing out');
  }
  if (schedule.kind === "step" && schedule.decayEpochs === undefined) {
    refuse('schedule: kind "step" needs decayEpochs');
  }
  return recipe;
}
