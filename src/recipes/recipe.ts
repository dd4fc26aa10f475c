/**
 * A recipe: everything that decides how a model comes out, but for the data. Recipes are JSON files;
 * those that ship lie in `runs/`. `docs/recipe-format.md` specifies them,
 * `parse-recipe.ts` reads them.
 */
import { z } from "zod";
import { InternalError } from "../common/errors.ts";
import { heldOutYearsSchema, splitSchema } from "../models/bundle-format.ts";

export const RECIPE_FORMAT_VERSION = 1;

const count = z.number().int().positive();
const share = z.number().min(0).max(1);

/** What every network has. */
const sequenceModel = {
  embeddingDim: count,
  maxLength: count,
  dropoutRate: z.number().min(0).lt(1),
  /** "factors" starts item embeddings where `item-factors.ts` says; "random" is the default. */
  itemStart: z.enum(["random", "factors"]).default("random"),
  /** Whether item vectors lean on genres and the like, as `content-rows.ts` says. */
  content: z.boolean().default(false),
};

/** Of which share of viewers, ratings and times nothing is said in training. */
const hiddenSides = {
  hiddenSideShare: z.number().min(0).lt(1).default(0),
};

const transformer = { ...sequenceModel, numBlocks: count, numHeads: count };

const bert4recSchema = z.strictObject({
  kind: z.literal("bert4rec"),
  ...transformer,
  normPlacement: z.enum(["pre", "post"]),
  hasHead: z.boolean(),
  /** "averaging" starts blocks where `Bert4RecStart` in `bert4rec.ts` says. */
  blockStart: z.enum(["random", "averaging"]).default("random"),
});

const sasrecSchema = z.strictObject({
  kind: z.literal("sasrec"),
  ...transformer,
  ...hiddenSides,
  /** What it reads besides items. */
  sides: z.array(z.enum(["ratings", "users", "items", "gaps", "next-gaps"])).default([]),
  feedForwardDim: count,
  positions: z.enum(["absolute", "relative"]).default("absolute"),
  block: z.enum(["plain", "gated"]).default("plain"),
});

const gru4recSchema = z.strictObject({
  kind: z.literal("gru4rec"),
  ...sequenceModel,
  numLayers: count,
});

const informativeEncoderSchema = z.strictObject({
  kind: z.literal("informative-encoder"),
  ...transformer,
  ...hiddenSides,
  /** What it reads besides items. */
  sides: z.array(z.enum(["ratings", "users", "items"])).default([]),
  headDim: count,
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

const nextItemStageSchema = z.strictObject({
  epochs: count,
  /** Windows hold this many items before the last one that is to be predicted. */
  windowLength: z.number().int().min(2),
  /** Given, only so many items of a window are to be predicted, and those before are context. */
  targetsPerWindow: count.optional(),
});

const nextFilmsStageSchema = z.strictObject({ epochs: count });

/** "softmax" is a cross entropy over the catalog, "binary" a yes or no for each of its items. */
const nextFilmsLossSchema = z.strictObject({
  kind: z.enum(["softmax", "binary"]),
  /**
   * How many of the films to come are predicted, from the next on: more than are to be named say
   * more of a viewer. Default: as many as are to be named.
   */
  numPredicted: count.optional(),
});

const nextFilmsValidationSchema = z.strictObject({
  /** At as many films as are to be named. */
  metric: z.enum(["precision", "hitRate"]).default("precision"),
  everyEpochs: count.default(1),
  patience: count.nullable().default(null),
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
  /** Keep only so many items, those with most interactions. */
  mostWatchedItems: count.nullable().default(null),
  minUserInteractions: count.default(1),
  minItemInteractions: count.default(1),
  /** Keep only films that a list names which may be passed on, for a model that is to be. */
  onlyShareableTitles: z.boolean().default(false),
  /** Leave out films of these years, as if they came after training. */
  heldOutYears: heldOutYearsSchema.nullable().default(null),
});

const base = {
  formatVersion: z.literal(RECIPE_FORMAT_VERSION),
  name: z.string().min(1),
  description: z.string().default(""),
  preparation: preparationSchema.default(preparationSchema.parse({})),
  split: splitSchema,
  seed: z.number().int().nonnegative().default(1),
};

/** How much of an item's log frequency its score need not learn, see `CatalogLossOptions`. */
const popularityHandicap = share.default(0);

/** Of the losses that draw items to compare with. */
const sampled = { popularityHandicap, numNegatives: count };

/**
 * "softmax" compares with the whole catalog, the others with items drawn for each step: by sampled
 * softmax, or by gSASRec's binary cross entropy ("gbce") with its calibration `t`.
 */
const lossSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("softmax"),
    popularityHandicap,
    /** The share of each answer that is spread over the whole catalog. */
    labelSmoothing: share.default(0),
  }),
  z.strictObject({
    kind: z.literal("sampled-softmax"),
    ...sampled,
    distribution: z.enum(["uniform", "log-uniform"]),
  }),
  z.strictObject({ kind: z.literal("gbce"), ...sampled, calibration: share }),
]);

const trainedByStep = {
  ...base,
  batchSize: count,
  accumulation: count.default(1),
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  /** How weights are kept in the bundle: "int8" takes a quarter of the bytes, scores a little off. */
  storedWeights: z.enum(["float32", "int8"]).default("float32"),
};

const network = {
  ...trainedByStep,
  loss: lossSchema.default({ kind: "softmax", popularityHandicap: 0, labelSmoothing: 0 }),
  validation: validationSchema.nullable(),
};

export const bert4recRecipeSchema = z.strictObject({
  ...network,
  model: bert4recSchema,
  masking: maskingSchema,
  stages: z.array(stageSchema).min(1),
});

/** What is learnt from teachers besides what came, see `teaching.ts`. */
const distillationSchema = z.strictObject({ share, numItems: count });

export const nextItemRecipeSchema = z.strictObject({
  ...network,
  distillation: distillationSchema.nullable().default(null),
  model: z.discriminatedUnion("kind", [sasrecSchema, gru4recSchema]),
  stages: z.array(nextItemStageSchema).min(1),
});

export const nextFilmsRecipeSchema = z.strictObject({
  ...trainedByStep,
  loss: nextFilmsLossSchema,
  validation: nextFilmsValidationSchema.nullable(),
  model: informativeEncoderSchema,
  stages: z.array(nextFilmsStageSchema).min(1),
});

/** `options: null` chooses them on the validation rows, from the grid of `tune-baselines.ts`. */
export const baselineSchema = z.strictObject({
  ...base,
  model: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("popularity"), options: z.strictObject({}) }),
    z.strictObject({
      kind: z.literal("recent-popularity"),
      options: z.strictObject({ days: z.number().positive() }).nullable(),
    }),
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
      kind: z.literal("markov"),
      options: z.strictObject({ smoothing: z.number().positive() }).nullable(),
    }),
    z.strictObject({
      kind: z.literal("ease"),
      options: z.strictObject({ l2: z.number().positive() }).nullable(),
    }),
  ]),
});

export type Bert4RecRecipe = z.infer<typeof bert4recRecipeSchema>;
export type NextItemRecipe = z.infer<typeof nextItemRecipeSchema>;
export type NextFilmsRecipe = z.infer<typeof nextFilmsRecipeSchema>;

/** A validated recipe of a model that is trained step by step, every default filled in. */
export type NetworkRecipe = Bert4RecRecipe | NextItemRecipe | NextFilmsRecipe;

/** A validated recipe of a model that is fitted at once. */
export type BaselineRecipe = z.infer<typeof baselineSchema>;

export type Recipe = NetworkRecipe | BaselineRecipe;

export function isNetwork(recipe: Recipe): recipe is NetworkRecipe {
  return "stages" in recipe;
}

export function isBert4Rec(recipe: Recipe): recipe is Bert4RecRecipe {
  return recipe.model.kind === "bert4rec";
}

export function isNextFilms(recipe: Recipe): recipe is NextFilmsRecipe {
  return recipe.model.kind === "informative-encoder";
}

/** How many of the films to come are learnt. */
export function numPredicted({ loss, split }: NextFilmsRecipe): number {
  if (loss.numPredicted !== undefined) return loss.numPredicted;
  if (split.kind === "next-films") return split.numTargets;
  throw new InternalError("a recipe of the next films has another split");
}

/** The name of what the epoch is chosen by, with where lists are cut; null where none is. */
export function validationMetric(recipe: NetworkRecipe): string | null {
  if (recipe.validation === null) return null;
  const { metric } = recipe.validation;
  return recipe.split.kind === "next-films" ? `${metric}@${recipe.split.numTargets}` : metric;
}

/** Whether its epoch or its settings are chosen on validation rows. */
export function choosesOnValidation(recipe: Recipe): boolean {
  return isNetwork(recipe) ? recipe.validation !== null : recipe.model.options === null;
}
