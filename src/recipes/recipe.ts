/**
 * A recipe: everything that decides how a model comes out, but for the data. Recipes are JSON files;
 * those that ship lie in `runs/`. `docs/recipe-format.md` specifies them.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { splitSchema } from "../models/bundle-format.ts";

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
  /** "factors" starts item embeddings where `item-factors.ts` says; "random" is the default. */
  itemStart: z.enum(["random", "factors"]).default("random"),
  /** "averaging" starts blocks where `Bert4RecStart` in `bert4rec.ts` says. */
  blockStart: z.enum(["random", "averaging"]).default("random"),
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
  /** The share of `learningRate` by which item embeddings learn. */
  itemRateShare: z.number().gt(0).max(1).default(1),
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
  /** Histories are cut into windows of this many items; fewer say nothing of what comes next. */
  windowLength: z.number().int().min(5),
  /** Given, windows of this many items up to `windowLength`: short histories get their share. */
  shortestWindow: z.number().int().min(5).optional(),
});

const validationSchema = z.strictObject({
  metric: z
    .enum(["ndcg@10", "hitRate@10", "recall@10", "precision@10", "mrr@10", "map@10"])
    .default("ndcg@10"),
  everyEpochs: count.default(1),
  /** Validations without a better one before training stops; null never stops. */
  patience: count.nullable().default(null),
});

const preparationSchema = z.strictObject({
  minRating: z.number().nullable().default(null),
  minUserInteractions: count.default(1),
  minItemInteractions: count.default(1),
  /** Keep only films that a list names which may be passed on, for a model that is to be. */
  onlyShareableTitles: z.boolean().default(false),
});

const base = {
  formatVersion: z.literal(RECIPE_FORMAT_VERSION),
  name: z.string().min(1),
  description: z.string().default(""),
  preparation: preparationSchema.default(preparationSchema.parse({})),
  split: splitSchema,
  seed: z.number().int().nonnegative().default(1),
};

/** How much of an item's log frequency its score need not learn, see `Bert4RecLossOptions`. */
const popularityHandicap = share.default(0);

/** "softmax" compares with the whole catalog, "sampled-softmax" with items drawn for each step. */
const lossSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("softmax"), popularityHandicap }),
  z.strictObject({
    popularityHandicap,
    kind: z.literal("sampled-softmax"),
    numNegatives: count,
    distribution: z.enum(["uniform", "log-uniform"]),
  }),
]);

const networkSchema = z.strictObject({
  ...base,
  model: bert4recSchema,
  loss: lossSchema.default({ kind: "softmax", popularityHandicap: 0 }),
  masking: maskingSchema,
  stages: z.array(stageSchema).min(1),
  batchSize: count,
  accumulation: count.default(1),
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  validation: validationSchema.nullable(),
  /** How weights are kept in the bundle: "int8" takes a quarter of the bytes, scores a little off. */
  storedWeights: z.enum(["float32", "int8"]).default("float32"),
});

/** `options: null` chooses them on the validation rows, from the grid of `tune-baselines.ts`. */
const baselineSchema = z.strictObject({
  ...base,
  model: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("popularity"), options: z.strictObject({}) }),
    z.strictObject({
      kind: z.literal("item-knn"),
      options: z
        .strictObject({
          numNeighbors: count,
          shrinkage: z.number().nonnegative(),
          recency: z.number().gt(0).max(1).default(1),
        })
        .nullable(),
    }),
    z.strictObject({
      kind: z.literal("ease"),
      options: z.strictObject({ l2: z.number().positive() }).nullable(),
    }),
  ]),
});

/** A validated recipe of a model that is trained step by step, every default filled in. */
export type NetworkRecipe = z.infer<typeof networkSchema>;

/** A validated recipe of a model that is fitted at once. */
export type BaselineRecipe = z.infer<typeof baselineSchema>;

export type Recipe = NetworkRecipe | BaselineRecipe;

export function isNetwork(recipe: Recipe): recipe is NetworkRecipe {
  return recipe.model.kind === "bert4rec";
}

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
  const { formatVersion, kind } = headOf(value);
  if (formatVersion > RECIPE_FORMAT_VERSION) {
    throw new InputError(
      `${source}: formatVersion ${formatVersion} is newer than this Usher reads (${RECIPE_FORMAT_VERSION}); update Usher`,
    );
  }
  const schema: z.ZodType<Recipe> = kind === "bert4rec" ? networkSchema : baselineSchema;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError(`${source}: ${z.prettifyError(parsed.error)}`);
  if (isNetwork(parsed.data)) checkNetwork(parsed.data, source);
  if (parsed.data.split.kind === "none") checkNothingHeldOut(parsed.data, source);
  return parsed.data;
}

function headOf(value: unknown): { formatVersion: number; kind: string } {
  const schema = z.object({
    formatVersion: z.number().catch(0),
    model: z.object({ kind: z.string() }).catch({ kind: "" }),
  });
  const { formatVersion, model } = schema
    .catch({ formatVersion: 0, model: { kind: "" } })
    .parse(value);
  return { formatVersion, kind: model.kind };
}

/** Whether its epoch or its settings are chosen on validation rows. */
export function choosesOnValidation(recipe: Recipe): boolean {
  return isNetwork(recipe) ? recipe.validation !== null : recipe.model.options === null;
}

/** What a schema of single fields cannot say. */
function checkNetwork(recipe: NetworkRecipe, source: string): void {
  const { model, masking, stages, schedule } = recipe;
  const longest = Math.max(...stages.map((stage) => stage.windowLength));
  const upsideDown = stages.find(
    ({ windowLength, shortestWindow = 0 }) => shortestWindow > windowLength,
  );
  const wrong =
    (model.embeddingDim % model.numHeads !== 0 &&
      `model: embeddingDim ${model.embeddingDim} must divide by numHeads ${model.numHeads}`) ||
    (masking.randomShare + masking.keptShare > 1 &&
      "masking: randomShare and keptShare must sum to at most 1") ||
    (longest > model.maxLength &&
      `stages: windowLength ${longest} is longer than the model's maxLength ${model.maxLength}`) ||
    (upsideDown &&
      `stages: shortestWindow ${upsideDown.shortestWindow} is longer than windowLength ${upsideDown.windowLength}`) ||
    (schedule.kind === "step" &&
      schedule.decayEpochs === undefined &&
      'schedule: kind "step" needs decayEpochs');
  if (wrong) throw new InputError(`${source}: ${wrong}`);
}

function checkNothingHeldOut(recipe: Recipe, source: string): void {
  if (!choosesOnValidation(recipe)) return;
  const field = isNetwork(recipe) ? "validation must be null" : "model.options must be given";
  throw new InputError(`${source}: split "none" holds nothing out, so ${field}`);
}
