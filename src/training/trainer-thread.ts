/**
 * A trainer in a thread of its own. `session.run` blocks its thread, so the main thread stays free
 * to build the next batches, draw progress and hear Ctrl-C; only batches, scores and losses cross.
 */
import type { MessagePort, Worker } from "node:worker_threads";
import { EnvironmentError, InputError, InternalError } from "../common/errors.ts";
import type { PlacementSummary } from "../runtime/placement.ts";
import { type Checkpoint, loadCheckpoint, type Position, saveCheckpoint } from "./checkpoint.ts";
import type { NamedVectors } from "./safetensors.ts";
import {
  type Slice,
  type StepInput,
  type Trainer,
  type TrainerState,
  VECTOR_NAMES,
  type WeightsChoice,
} from "./trainer.ts";

/** What the training loop asks of a trainer, wherever it runs. */
export interface TrainerPort {
  /** Makes one update; resolves to the loss before it. Calls are carried out in order. */
  step(input: StepInput): Promise<number>;
  /** Scores `[B, N]` of histories, as `Trainer` does. */
  score(histories: Slice, choice: WeightsChoice): Promise<Float32Array>;
  /** What of a step its device leaves to the CPU; null where the device is the CPU. */
  placement(batches: StepInput["batches"]): Promise<PlacementSummary | null>;
  /** Keeps a copy of these weights as the best so far. */
  keepBest(choice: WeightsChoice): Promise<void>;
  /** Saves everything. @throws EnvironmentError when a number is not finite or the disk is full. */
  save(folder: string, position: Position): Promise<void>;
  /**
   * Goes on from the checkpoint in a folder; null when there is none.
   * @throws InputError when it is damaged, or of another model or runtime.
   */
  restore(folder: string): Promise<Position | null>;
  /** The best weights, or the current ones where none were kept: `[P]`. */
  result(choice: WeightsChoice): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The trainer itself, as a port in the same thread. */
export function toPort(trainer: Trainer): TrainerPort {
  let best: Float32Array | null = null;
  const inOrder = createQueue();
  return {
    step: (input) => inOrder(() => trainer.step(input)),
    score: (histories, choice) => inOrder(() => trainer.score(histories, choice)),
    placement: (batches) => inOrder(() => trainer.placement(batches)),
    keepBest: (choice) =>
      inOrder(async () => {
        best = trainer.state[choice].slice();
      }),
    save: (folder, position) =>
      inOrder(async () => {
        const { weights, firstMoment, secondMoment, average } = trainer.state;
        const vectors = { weights, firstMoment, secondMoment, average, ...(best && { best }) };
        requireFinite(vectors);
        await saveCheckpoint(folder, { runtime: trainer.runtime, position, vectors });
      }),
    restore: (folder) =>
      inOrder(async () => {
        const checkpoint = await loadCheckpoint(folder);
        if (!checkpoint) return null;
        const { position, vectors } = checkpoint;
        requireSame(checkpoint, trainer, folder);
        trainer.restore({ ...vectors, step: position.step } as TrainerState);
        best = vectors.best ?? null;
        return position;
      }),
    result: (choice) => inOrder(async () => best ?? trainer.state[choice]),
    dispose: () => inOrder(() => trainer.dispose()),
  };
}

/** Begins each piece of work when the one before it has ended, well or not. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

function requireFinite(vectors: NamedVectors): void {
  for (const [name, values] of Object.entries(vectors)) {
    if (values.every(Number.isFinite)) continue;
    throw new EnvironmentError(
      `the training has left the range of numbers (${name}); the last checkpoint is kept: lower the learning rate and start again`,
    );
  }
}

/** A checkpoint is of this model, whole, and made by this runtime. */
function requireSame(
  { runtime, position, vectors }: Checkpoint,
  trainer: Trainer,
  folder: string,
): void {
  if (runtime !== trainer.runtime) {
    throw new InputError(
      `${folder}: cannot resume, it was made by ${runtime} and this is ${trainer.runtime}; resume with what it was begun with, or start anew in another folder`,
    );
  }
  for (const name of position.best ? [...VECTOR_NAMES, "best"] : VECTOR_NAMES) {
    const [expected, got] = [trainer.state.weights.length, vectors[name]?.length];
    if (got === expected) continue;
    throw new InputError(
      `${folder}: vector "${name}": expected ${expected} numbers, got ${got ?? "none"}; start the training again in another folder`,
    );
  }
}

interface Request {
  readonly id: number;
  readonly method: keyof TrainerPort;
  readonly args: readonly unknown[];
}

type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** In the thread: carries out requests in the order of their arrival. */
export function serveTrainer(messages: MessagePort, open: () => Promise<TrainerPort>): void {
  const opening = open();
  // Reported by the first request, not as an unhandled rejection.
  opening.catch(() => {});
  messages.on("message", async (request: Request) => {
    messages.postMessage(await answer(opening, request));
  });
}

async function answer(
  opening: Promise<TrainerPort>,
  { id, method, args }: Request,
): Promise<Response> {
  try {
    // What was never opened need not be disposed of.
    const port = await (method === "dispose" ? opening.catch(() => null) : opening);
    const call = port?.[method] as ((...values: readonly unknown[]) => unknown) | undefined;
    return { id, result: await call?.(...args) };
  } catch (error) {
    const { name, message } = error as Error;
    return { id, error: { name, message } };
  }
}

/** In the main thread: the trainer that a worker serves. Disposing it ends the worker. */
export function connectTrainer(worker: Worker): TrainerPort {
  const waiting = new Map<number, PromiseWithResolvers>();
  let nextId = 0;
  let failure: Error | null = null;
  worker.on("message", (response: Response) => {
    const promise = waiting.get(response.id);
    waiting.delete(response.id);
    if ("error" in response) promise?.reject(toError(response.error));
    else promise?.resolve(response.result);
  });
  const fail = (error: Error): void => {
    failure = error;
    for (const promise of waiting.values()) promise.reject(error);
    waiting.clear();
  };
  worker.on("error", fail);
  worker.on("exit", () => fail(new InternalError("the training thread has ended")));
  const call = (method: keyof TrainerPort, ...args: readonly unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      if (failure) {
        reject(failure);
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id, method, args });
    });
  return {
    step: (input) => call("step", input),
    score: (histories, choice) => call("score", histories, choice),
    placement: (batches) => call("placement", batches),
    keepBest: (choice) => call("keepBest", choice),
    save: (folder, position) => call("save", folder, position),
    restore: (folder) => call("restore", folder),
    result: (choice) => call("result", choice),
    dispose: async () => {
      try {
        if (!failure) await call("dispose");
      } finally {
        await worker.terminate();
      }
    },
  };
}

interface PromiseWithResolvers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Errors lose their class on the way between threads; whose fault it was must not be lost. */
function toError({ name, message }: { name: string; message: string }): Error {
  if (name === "InputError") return new InputError(message);
  if (name === "EnvironmentError") return new EnvironmentError(message);
  if (name === "InternalError") return new InternalError(message.replace(/^internal: /, ""));
  return new Error(message);
}
