/**
 * A small BERT4Rec, trained in this thread and read back from its graph, as from a bundle.
 */
import type { Interactions } from "../src/data/interactions.ts";
import type { Bert4RecConfig } from "../src/models/bert4rec.ts";
import { bert4recInput, bert4recOnnx } from "../src/models/bert4rec-onnx.ts";
import {
  type Bert4RecBatchOptions,
  bert4recSteps,
  bert4recTrainable,
} from "../src/models/bert4rec-training.ts";
import { createOnnxRecommender } from "../src/models/onnx-recommender.ts";
import type { Recommender } from "../src/models/recommender.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import { createTrainer } from "../src/training/trainer.ts";

const EPOCHS = 30;
/** One thread: sums are made in one order, so that the same data give the same model. */
const session = { numThreads: 1 };

export async function trainBert4Rec(train: Interactions): Promise<Recommender> {
  const config: Bert4RecConfig = {
    numItems: train.itemIds.length,
    embeddingDim: 16,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 25,
    normPlacement: "post",
    hasHead: false,
  };
  const weights = await weightsOf(train, config);
  const runtime = await loadRuntime();
  return createOnnxRecommender(
    await runtime.createSession(bert4recOnnx(config, weights), session),
    {
      name: "bert4rec",
      numItems: config.numItems,
      input: bert4recInput(config),
    },
  );
}

async function weightsOf(train: Interactions, config: Bert4RecConfig): Promise<Float32Array> {
  const trainer = createTrainer(await loadRuntime(), bert4recTrainable(config, 0.1), {
    seed: 1,
    averageDecay: 0,
    maxGradientNorm: 5,
    session,
  });
  const options: Bert4RecBatchOptions = {
    seed: 1,
    numItems: config.numItems,
    embeddingDim: config.embeddingDim,
    batchSize: 20,
    accumulation: 1,
    masking: { probability: 0.2, lastProbability: 0.5, randomShare: 0.1, keptShare: 0.1 },
  };
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const { numSteps, step } = bert4recSteps(train, { longest: 24 }, epoch, options);
    for (let index = 0; index < numSteps; index++) {
      await trainer.step({ batches: step(index).batches, learningRate: 0.02 });
    }
  }
  const weights = trainer.state.weights.slice();
  await trainer.dispose();
  return weights;
}
