/**
 * The thread in which `usher train` trains.
 */
import { parentPort, workerData } from "node:worker_threads";
import { InternalError } from "../common/errors.ts";
import { createNetwork } from "../models/networks.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { createTrainer } from "../training/trainer.ts";
import { serveTrainer, toPort } from "../training/trainer-thread.ts";
import type { TrainerSettings } from "./trainer-settings.ts";

if (!parentPort) throw new InternalError("training-worker must run in a worker thread");

serveTrainer(parentPort, async () => {
  const { network, trainer } = workerData as TrainerSettings;
  return toPort(createTrainer(await loadRuntime(), createNetwork(network), trainer));
});
