/**
 * How much memory a training takes, for a refusal before it starts.
 */
import { defaultMemoryLimit, requireMemory } from "../common/memory.ts";
import { targetCapacity } from "../data/masked-batch.ts";
import { LENGTH_STEP, sliceSize } from "../models/batch-slices.ts";
import { createNetwork } from "../models/networks.ts";
import { countParameters } from "../nn/parameters.ts";
import { isBert4Rec, isNextFilms, type NetworkRecipe } from "./recipe.ts";
import { networkConfig } from "./trainer-settings.ts";

/** Weights, gradients, moments, averages and checkpoints, those that go in and those that come out. */
const COPIES_OF_PARAMETERS = 16;

/** The logits of a slice's targets over the catalog, and the probabilities made of them. */
const COPIES_OF_LOGITS = 2;

/**
 * The bytes of what grows with the catalog: an estimate from the shapes, to which the runtime and
 * the data add some hundred megabytes.
 */
export function trainingBytes(recipe: NetworkRecipe, numItems: number): number {
  return parameterBytes(recipe, numItems) + logitBytes(recipe, numItems);
}

function parameterBytes(recipe: NetworkRecipe, numItems: number): number {
  const network = createNetwork({ config: networkConfig(recipe, numItems), dropoutRate: 0 });
  const numParameters = countParameters(network.parameters);
  return 4 * COPIES_OF_PARAMETERS * numParameters;
}

function logitBytes(recipe: NetworkRecipe, numItems: number): number {
  if (isNextFilms(recipe)) return 4 * COPIES_OF_LOGITS * recipe.batchSize * numItems;
  const { model, batchSize, loss, stages } = recipe;
  const targetsOf = (length: number): number => {
    const size = sliceSize(batchSize, length, model.embeddingDim);
    return isBert4Rec(recipe) ? targetCapacity(size, length, recipe.masking) : size * length;
  };
  const numTargets = Math.max(
    ...stages.flatMap(({ windowLength }) => batchLengths(windowLength)).map(targetsOf),
  );
  const numScored = loss.kind === "softmax" ? numItems : loss.numNegatives;
  return 4 * COPIES_OF_LOGITS * numTargets * numScored;
}

/** Batches are shorter than the longest window, too, and a shorter one may make larger slices. */
function batchLengths(longest: number): number[] {
  const shorter = Array.from(
    { length: Math.ceil(longest / LENGTH_STEP) - 1 },
    (_, index) => (index + 1) * LENGTH_STEP,
  );
  return [...shorter, longest];
}

/** @throws InputError that names what to change, where a training would not fit. */
export function requireTrainingMemory(
  recipe: NetworkRecipe,
  numItems: number,
  limitBytes: number = defaultMemoryLimit(),
): void {
  const isLossLarger = logitBytes(recipe, numItems) > parameterBytes(recipe, numItems);
  const remedy =
    recipe.loss.kind === "softmax" && isLossLarger && !isNextFilms(recipe)
      ? 'give the recipe "loss": {"kind": "sampled-softmax", "numNegatives": 1024, "distribution": "log-uniform"}, as bert4rec-large does'
      : "lower the recipe's embeddingDim, or leave out rare items with --min-item-interactions";
  const what = `recipe ${recipe.name}: training on ${numItems} items`;
  requireMemory(what, trainingBytes(recipe, numItems), limitBytes, remedy);
}
