/**
 * The thread in which `usher train` trains.
 */
import { parentPort, workerData } from "node:worker_threads";
import { InternalError } from "../common/errors.ts";
import { bert4recTrainable } from "../models/bert4rec-training.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { createTrainer } from "../training/trainer.ts";
import { serveTrainer, toPort } from "../training/trainer-thread.ts";
import type { TrainerSettings } from "./trainer-settings.ts";

if (!parentPort) throw new InternalError("training-worker must run in a worker thread");

serveTrainer(parentPort, async () => {
  const { config, dropoutRate, start, handicap, trainer } = workerData as TrainerSettings;
  const model = bert4recTrainable(config, dropoutRate, start, handicap);
  return toPort(createTrainer(await loadRuntime(), model, trainer));
});
