/**
 * Holds the weights of a training and moves them, step by step. Everything native lives here, in
 * one thread: sessions, weights, optimizer state, checkpoints.
 */
import { InternalError } from "../common/errors.ts";
import { hashStream } from "../common/random.ts";
import { countParameters, initializeParameters } from "../nn/parameters.ts";
import { biasCorrections } from "../optim/adam.ts";
import {
  measurePlacement,
  type Placement,
  type PlacementSummary,
  summarizePlacement,
} from "../runtime/placement.ts";
import type { Runtime, Session, SessionOptions, Value, Values } from "../runtime/session.ts";
import {
  gradientGraph,
  historyInput,
  NEXT,
  type SliceShape,
  scoreGraph,
  sliceInput,
  type UpdateOptions,
  updateGraph,
} from "./train-step.ts";
import type { TrainableModel } from "./trainable-model.ts";

/** The values of one slice of a batch, by name. */
export type Slice = Readonly<Record<string, Value>>;

/** One update of the weights, from one or more batches whose gradients add up. */
export interface StepInput {
  /** Batches, each of slices that run in one graph. */
  readonly batches: readonly (readonly Slice[])[];
  readonly learningRate: number;
}

/** What a training moves; `average` is the moving average of the weights. */
export const VECTOR_NAMES = ["weights", "firstMoment", "secondMoment", "average"] as const;

/** The flat vectors of a training, each `[P]`, by name. */
export type TrainerVectors = Readonly<Record<(typeof VECTOR_NAMES)[number], Float32Array>>;

export interface TrainerState extends TrainerVectors {
  /** How many updates were made. */
  readonly step: number;
}

export interface TrainerOptions extends UpdateOptions {
  readonly seed: number;
  /** How much of the average stays at each step (Polyak & Juditsky 1992); 0 follows the weights. */
  readonly averageDecay: number;
  readonly session: SessionOptions;
}

/** Which weights to score with or to save. */
export type WeightsChoice = "weights" | "average";

export interface Trainer {
  /** Name and version of what computes, as checkpoints record it. */
  readonly runtime: string;
  /** Its arrays are written to again by the second step from now. */
  readonly state: TrainerState;
  /** Makes one update and returns the loss before it. */
  step(input: StepInput): Promise<number>;
  /** Scores `[B, N]` of histories, by the names of what the model reads of them. */
  score(histories: Slice, choice: WeightsChoice): Promise<Float32Array>;
  /**
   * What of a step its device leaves to the CPU, found by running the step's graphs once more; null
   * where the device is the CPU. The state stays as it is.
   */
  placement(batches: StepInput["batches"]): Promise<PlacementSummary | null>;
  /** Goes on from a saved state. */
  restore(state: TrainerState): void;
  dispose(): Promise<void>;
}

/** Starts from freshly initialized weights. */
export function createTrainer(
  runtime: Runtime,
  model: TrainableModel,
  options: TrainerOptions,
): Trainer {
  const sessions = createSessionCache(runtime, options.session);
  let state = initialState(model, options.seed);
  // What a step writes to: memory asked for anew would cost time.
  let spare = copyVectors(state);
  const gradientOf: Float32Array[] = [];
  return {
    runtime: `${runtime.name} ${runtime.version}`,
    get state() {
      return state;
    },
    step: async ({ batches, learningRate }) => {
      const step = state.step + 1;
      let loss = 0;
      const gradients: Record<string, Value> = {};
      for (const [index, slices] of batches.entries()) {
        const session = await sessions(`gradient ${JSON.stringify(slices.map(shapeOf))}`, () =>
          gradientGraph(model, slices.map(shapeOf)),
        );
        const key = hashStream(options.seed, ["dropout", step, index]);
        gradientOf[index] ??= new Float32Array(state.weights.length);
        const gradient = vector(gradientOf[index]);
        const outputs = await session.run(gradientFeeds(state.weights, key, slices), { gradient });
        loss += (outputs.loss.data as Float32Array)[0];
        gradients[`gradient${index}`] = gradient;
      }
      const update = await sessions(`update ${batches.length}`, () =>
        updateGraph(model, batches.length, options),
      );
      const scalars = updateScalars(step, learningRate, options);
      await update.run({ ...toValues(state), ...gradients, ...scalars }, toValues(spare, NEXT));
      [state, spare] = [{ ...spare, step }, state];
      return loss;
    },
    score: async (histories, choice) => {
      const shape = shapeOf(histories);
      const session = await sessions(`score ${JSON.stringify(shape)}`, () =>
        scoreGraph(model, shape),
      );
      const feeds: Record<string, Value> = { weights: vector(state[choice]) };
      for (const [name, value] of Object.entries(histories)) feeds[historyInput(name)] = value;
      const outputs = await session.run(feeds);
      return outputs.scores.data as Float32Array;
    },
    placement: async ([slices]) => {
      const { session } = options;
      if ((session.device ?? "cpu") === "cpu") return null;
      const measure = (graph: Uint8Array, feeds: Values): Promise<Placement> =>
        measurePlacement(runtime, graph, feeds, session);
      const gradient = await measure(
        gradientGraph(model, slices.map(shapeOf)),
        gradientFeeds(state.weights, 0, slices),
      );
      const update = await measure(updateGraph(model, 1, options), {
        ...toValues(state),
        ...updateScalars(1, 0, options),
        gradient0: vector(new Float32Array(state.weights.length)),
      });
      return summarizePlacement({ ...update, nodes: [...gradient.nodes, ...update.nodes] });
    },
    restore: (saved) => {
      if (saved.weights.length !== state.weights.length) {
        throw new InternalError(
          `checkpoint has ${saved.weights.length} weights, the model ${state.weights.length}`,
        );
      }
      state = { ...copyVectors(saved), step: saved.step };
    },
    dispose: () => sessions.dispose(),
  };
}

function initialState(model: TrainableModel, seed: number): TrainerState {
  const size = countParameters(model.parameters);
  const weights = initializeParameters(model.parameters, seed);
  return {
    step: 0,
    weights,
    firstMoment: new Float32Array(size),
    secondMoment: new Float32Array(size),
    average: weights.slice(),
  };
}

function copyVectors(vectors: TrainerVectors): TrainerVectors {
  const copies = VECTOR_NAMES.map((name) => [name, vectors[name].slice()] as const);
  return Object.fromEntries(copies) as unknown as TrainerVectors;
}

interface SessionCache {
  (key: string, build: () => Uint8Array): Promise<Session>;
  dispose(): Promise<void>;
}

/** One compiled session for each key. */
function createSessionCache(runtime: Runtime, options: SessionOptions): SessionCache {
  const sessions = new Map<string, Promise<Session>>();
  const get = (key: string, build: () => Uint8Array): Promise<Session> => {
    const session = sessions.get(key) ?? runtime.createSession(build(), options);
    sessions.set(key, session);
    return session;
  };
  const dispose = async (): Promise<void> => {
    // One that could not be compiled has been reported by the step that asked for it.
    for (const session of await Promise.allSettled(sessions.values())) {
      if (session.status === "fulfilled") await session.value.dispose();
    }
    sessions.clear();
  };
  return Object.assign(get, { dispose });
}

function shapeOf(slice: Slice): SliceShape {
  return Object.fromEntries(
    Object.entries(slice).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
}

function gradientFeeds(
  weights: Float32Array,
  key: number,
  slices: readonly Slice[],
): Record<string, Value> {
  const feeds: Record<string, Value> = {
    weights: vector(weights),
    dropoutKey: { dtype: "uint32", shape: [], data: Uint32Array.of(key) },
  };
  for (const [index, slice] of slices.entries()) {
    for (const [name, value] of Object.entries(slice)) feeds[sliceInput(index, name)] = value;
  }
  return feeds;
}

function updateScalars(
  step: number,
  learningRate: number,
  options: TrainerOptions,
): Record<string, Value> {
  const [correction1, correction2] = biasCorrections(step, options);
  // A short average at first, which the random start would otherwise dominate (as TensorFlow's
  // ExponentialMovingAverage with num_updates).
  const averageShare = 1 - Math.min(options.averageDecay, (1 + step) / (10 + step));
  return {
    learningRate: number(learningRate),
    correction1: number(correction1),
    correction2: number(correction2),
    averageShare: number(options.averageDecay === 0 ? 1 : averageShare),
  };
}

/** Under the names that the update graph gives them. */
function toValues(vectors: TrainerVectors, prefix = ""): Record<string, Value> {
  return Object.fromEntries(VECTOR_NAMES.map((name) => [prefix + name, vector(vectors[name])]));
}

function vector(data: Float32Array): Value {
  return { dtype: "float32", shape: [data.length], data };
}

function number(value: number): Value {
  return { dtype: "float32", shape: [], data: Float32Array.of(value) };
}
