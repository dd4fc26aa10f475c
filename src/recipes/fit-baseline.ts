/**
 * Fits a baseline, with settings from the recipe or chosen on the validation rows.
 */
import { startProgress } from "../common/progress.ts";
import { type AnySplit, trainingInteractions } from "../data/split.ts";
import { BASELINE_GRIDS, type Tuning, tuneBaseline } from "../evaluation/tune-baselines.ts";
import { BASELINE_INPUT, baselineOnnx } from "../models/baseline-onnx.ts";
import { type BaselineKind, type BaselineOptions, fitBaseline } from "../models/baselines.ts";
import type { BaselineRecipe } from "./recipe.ts";
import type { TrainedModel } from "./trained-model.ts";

/**
 * @throws InputError when the model does not fit into memory, or there is nothing to choose on.
 * @throws InterruptedError after `signal`.
 */
export async function fitRecipe(
  recipe: BaselineRecipe,
  split: AnySplit,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { kind, options } = recipe.model;
  const tuning = options === null ? await tune(kind, split, signal) : null;
  const chosen = (tuning?.best ?? options) as BaselineOptions[typeof kind];
  const weights = await fitBaseline(kind, trainingInteractions(split), chosen);
  return {
    kind,
    input: BASELINE_INPUT,
    config: { ...chosen },
    graph: baselineOnnx(weights),
    training: tuning && { metric: tuning.metric, trials: tuning.trials.map(plain) },
  };
}

async function tune<K extends BaselineKind>(
  kind: K,
  split: AnySplit,
  signal: AbortSignal,
): Promise<Tuning<K>> {
  const grid = BASELINE_GRIDS[kind];
  const progress = startProgress(`tuning ${kind}`, grid.length, "settings");
  try {
    const onTrial = (done: number): void => progress.update(done);
    return await tuneBaseline(kind, split, grid, { onTrial, signal });
  } finally {
    progress.stop();
  }
}

function plain<K extends BaselineKind>(
  trial: Tuning<K>["trials"][number],
): { options: Record<string, number>; metrics: Record<string, number> } {
  return {
    options: { ...(trial.options as Record<string, number>) },
    metrics: { ...trial.metrics },
  };
}
