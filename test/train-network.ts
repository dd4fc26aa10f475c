/**
 * Small networks, trained in this thread and read back from their graphs, as from a bundle.
 */
import type { Interactions } from "../src/data/interactions.ts";
import { maskedSteps } from "../src/models/masked-steps.ts";
import { networkOnnx } from "../src/models/network-onnx.ts";
import { createNetwork, type NetworkConfig, networkInput } from "../src/models/networks.ts";
import { nextItemSteps } from "../src/models/next-item-steps.ts";
import { createOnnxRecommender } from "../src/models/onnx-recommender.ts";
import type { Recommender } from "../src/models/recommender.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import type { EpochSteps } from "../src/training/loop.ts";
import { createTrainer } from "../src/training/trainer.ts";

const EPOCHS = 30;
/** One thread: sums are made in one order, so that the same data give the same model. */
const session = { numThreads: 1 };

const shape = { embeddingDim: 16, numBlocks: 1, numHeads: 2, maxLength: 25 };
const batches = { seed: 1, embeddingDim: shape.embeddingDim, batchSize: 20, accumulation: 1 };

export function trainBert4Rec(train: Interactions): Promise<Recommender> {
  const numItems = train.itemIds.length;
  const masking = { probability: 0.2, lastProbability: 0.5, randomShare: 0.1, keptShare: 0.1 };
  const options = { ...batches, numItems, masking };
  return trainNetwork(
    { kind: "bert4rec", ...shape, numItems, normPlacement: "post", hasHead: false },
    (epoch) => maskedSteps(train, { longest: 24 }, epoch, options),
  );
}

export function trainSasRec(train: Interactions): Promise<Recommender> {
  return trainNetwork(
    { kind: "sasrec", ...shape, numItems: train.itemIds.length, feedForwardDim: 32 },
    (epoch) => nextItemSteps(train, { numInputs: 25, numTargets: 25 }, epoch, batches),
  );
}

export function trainGru4Rec(train: Interactions): Promise<Recommender> {
  const { embeddingDim, maxLength } = shape;
  return trainNetwork(
    { kind: "gru4rec", numItems: train.itemIds.length, embeddingDim, maxLength, numLayers: 1 },
    (epoch) => nextItemSteps(train, { numInputs: 25, numTargets: 25 }, epoch, batches),
  );
}

async function trainNetwork(
  config: NetworkConfig,
  steps: (epoch: number) => EpochSteps,
): Promise<Recommender> {
  const network = createNetwork({ config, dropoutRate: 0.1 });
  const runtime = await loadRuntime();
  const trainer = createTrainer(runtime, network, {
    seed: 1,
    averageDecay: 0,
    maxGradientNorm: 5,
    session,
  });
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const { numSteps, step } = steps(epoch);
    for (let index = 0; index < numSteps; index++) {
      await trainer.step({ batches: step(index).batches, learningRate: 0.02 });
    }
  }
  const graph = networkOnnx(network, trainer.state.weights);
  await trainer.dispose();
  return createOnnxRecommender(await runtime.createSession(graph, session), {
    name: config.kind,
    numItems: config.numItems,
    input: networkInput(config),
  });
}
