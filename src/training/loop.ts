/**
 * The one training loop, for all models.
 */
import { EnvironmentError, InputError, InternalError, InterruptedError } from "../common/errors.ts";
import type { Progress } from "../common/progress.ts";
import { describePlacement, type PlacementSummary } from "../runtime/placement.ts";
import type { Position } from "./checkpoint.ts";
import type { StepInput, WeightsChoice } from "./trainer.ts";
import type { TrainerPort } from "./trainer-thread.ts";
import type { LogLine, TrainingLog } from "./training-log.ts";

/** What one step reads. */
export interface StepBatches {
  readonly batches: StepInput["batches"];
  /** Tokens that are not padding. */
  readonly numTokens: number;
}

/** The steps of one epoch, each a function of the seed, the epoch and its index. */
export interface EpochSteps {
  readonly numSteps: number;
  step(index: number): StepBatches;
}

export interface Validation {
  /** Named metrics of the current weights, e.g. `{"ndcg@10": 0.17}`. */
  measure(trainer: TrainerPort, choice: WeightsChoice): Promise<Readonly<Record<string, number>>>;
  /** The metric by which the best epoch is chosen; higher is better. */
  readonly metric: string;
  readonly everyEpochs: number;
  /** Stop after this many validations without a better one; Infinity never does. */
  readonly patience: number;
}

export interface TrainingRun {
  readonly trainer: TrainerPort;
  readonly numEpochs: number;
  epochSteps(epoch: number): EpochSteps;
  /** The learning rate of each step, from 1. */
  learningRate(step: number): number;
  readonly validation: Validation | null;
  /** Which weights are validated and kept. */
  readonly choice: WeightsChoice;
  readonly checkpointFolder: string;
  /** A checkpoint is written at least this often. */
  readonly checkpointSeconds: number;
  readonly log: TrainingLog;
  /** Ends the run after the step under way. */
  readonly signal: AbortSignal;
  startProgress(epoch: number, numSteps: number): Progress;
}

/** How a run ended. */
export interface TrainingResult {
  /** `[P]` */
  readonly weights: Float32Array;
  readonly epochs: number;
  readonly steps: number;
  readonly best: Position["best"];
  readonly seconds: number;
  /** What of a step its device left to the CPU; null where it is the CPU, or no step was left. */
  readonly placement: PlacementSummary | null;
}

/** Batches built ahead of the step that runs. */
const STEPS_AHEAD = 2;

/**
 * Trains to the last epoch or until validation stops getting better. Says on stderr what a device
 * beside the CPU leaves to the CPU.
 * @throws InterruptedError after `signal`, with a checkpoint written.
 * @throws EnvironmentError when a loss is not finite; the last good checkpoint stays.
 */
export async function runTraining(run: TrainingRun): Promise<TrainingResult> {
  const started = performance.now();
  const saved = await run.trainer.restore(run.checkpointFolder);
  let position = saved ?? startPosition();
  run.log.truncate(position.logBytes);
  const secondsBefore = position.seconds;
  const clock = (): number => secondsBefore + (performance.now() - started) / 1000;
  let checkpointed = clock();
  const checkpoint = async (reached: Position): Promise<void> => {
    const whole = { ...reached, logBytes: run.log.numBytes(), seconds: clock() };
    await run.trainer.save(run.checkpointFolder, whole);
    checkpointed = clock();
    if (run.signal.aborted) throw interruption(run);
  };
  const shouldPause = (): boolean =>
    run.signal.aborted || clock() - checkpointed >= run.checkpointSeconds;
  const isDone = (): boolean => position.epoch > run.numEpochs || isExhausted(position, run);
  const placement = isDone() ? null : await reportPlacement(run, position);
  while (!isDone()) {
    position = await runEpoch(run, position, shouldPause, checkpoint);
    // Validation may take minutes, and its epoch need not be trained again.
    if (isTimeToValidate(run, position)) await checkpoint(position);
    position = await endEpoch(run, position, clock);
    await checkpoint(position);
  }
  const weights = await run.trainer.result(run.choice);
  const epochs = position.epoch - 1;
  const { step: steps, best } = position;
  return { weights, epochs, steps, best, seconds: clock(), placement };
}

async function reportPlacement(
  run: TrainingRun,
  { epoch }: Position,
): Promise<PlacementSummary | null> {
  const placement = await run.trainer.placement(run.epochSteps(epoch).step(0).batches);
  if (placement) process.stderr.write(`${describePlacement(placement)}\n`);
  return placement;
}

const emptyEpoch = { stepInEpoch: 0, lossSum: 0, numTokens: 0, epochSeconds: 0 };

function startPosition(): Position {
  return { step: 0, epoch: 1, ...emptyEpoch, best: null, logBytes: 0, seconds: 0 };
}

function interruption({ checkpointFolder }: TrainingRun): InterruptedError {
  return new InterruptedError(`stopped; ${checkpointFolder} goes on from here with --resume`);
}

function isExhausted({ best, epoch }: Position, { validation }: TrainingRun): boolean {
  if (!validation || !best) return false;
  return epoch - 1 - best.epoch >= validation.patience * validation.everyEpochs;
}

interface StepUnderWay {
  readonly loss: Promise<number>;
  readonly numTokens: number;
}

/**
 * The steps of one epoch from where `from` stands.
 * @param shouldPause - asked after each step; when it says yes no new step is begun until
 *   `pause` was called with nothing under way.
 */
async function runEpoch(
  run: TrainingRun,
  from: Position,
  shouldPause: () => boolean,
  pause: (position: Position) => Promise<void>,
): Promise<Position> {
  const steps = run.epochSteps(from.epoch);
  const progress = run.startProgress(from.epoch, steps.numSteps);
  const started = performance.now();
  const underWay: StepUnderWay[] = [];
  let position = from;
  let next = from.stepInEpoch;
  let isPausing = false;
  try {
    while (position.stepInEpoch < steps.numSteps) {
      while (!isPausing && underWay.length <= STEPS_AHEAD && next < steps.numSteps) {
        underWay.push(beginStep(run, steps.step(next), from.step + 1 + next - from.stepInEpoch));
        next++;
      }
      position = await finishStep(position, underWay[0]);
      underWay.shift();
      const epochSeconds = from.epochSeconds + (performance.now() - started) / 1000;
      position = { ...position, epochSeconds };
      progress.update(position.stepInEpoch, describe(position));
      isPausing = shouldPause();
      if (isPausing && underWay.length === 0) {
        await pause(position);
        isPausing = false;
      }
    }
  } finally {
    progress.stop();
    await Promise.allSettled(underWay.map((step) => step.loss));
  }
  return position;
}

function describe({ lossSum, stepInEpoch, numTokens, epochSeconds }: Position): string {
  const speed = Math.round(numTokens / epochSeconds);
  return `loss ${(lossSum / stepInEpoch).toFixed(4)} ${speed} tokens/s`;
}

function beginStep(
  run: TrainingRun,
  { batches, numTokens }: StepBatches,
  step: number,
): StepUnderWay {
  const loss = run.trainer.step({ batches, learningRate: run.learningRate(step) });
  // Awaited in its turn; until then a failure must not count as unhandled.
  loss.catch(() => {});
  return { loss, numTokens };
}

async function finishStep(
  position: Position,
  { loss, numTokens }: StepUnderWay,
): Promise<Position> {
  const value = await loss;
  if (!Number.isFinite(value)) {
    throw new EnvironmentError(
      `the loss of step ${position.step + 1} is ${value}; the last checkpoint is kept: lower the learning rate and start again`,
    );
  }
  return {
    ...position,
    step: position.step + 1,
    stepInEpoch: position.stepInEpoch + 1,
    lossSum: position.lossSum + value,
    numTokens: position.numTokens + numTokens,
  };
}

function isTimeToValidate({ validation, numEpochs }: TrainingRun, { epoch }: Position): boolean {
  return validation !== null && (epoch % validation.everyEpochs === 0 || epoch === numEpochs);
}

/** Validates where it is time to, and writes the line of the log. */
async function endEpoch(
  run: TrainingRun,
  position: Position,
  clock: () => number,
): Promise<Position> {
  const { epoch, step, lossSum, stepInEpoch, numTokens, epochSeconds } = position;
  const { validation, trainer, choice } = run;
  let { best } = position;
  let measured: LogLine["validation"] = null;
  if (validation && isTimeToValidate(run, position)) {
    measured = await validation.measure(trainer, choice);
    const value = metricOf(measured, validation.metric);
    if (best === null || value > best.value) {
      best = { epoch, value };
      await trainer.keepBest(choice);
    }
  }
  run.log.append({
    epoch,
    step,
    loss: lossSum / stepInEpoch,
    learningRate: run.learningRate(step),
    numTokens,
    validation: measured,
    best,
    tokensPerSecond: numTokens / epochSeconds,
    seconds: clock(),
  });
  return { ...position, epoch: epoch + 1, ...emptyEpoch, best };
}

function metricOf(metrics: Readonly<Record<string, number>>, name: string): number {
  const value = metrics[name];
  if (Number.isFinite(value)) return value;
  if (value !== undefined) throw new InternalError(`validation: ${name} is ${value}`);
  throw new InputError(
    `validation.metric: expected one of ${Object.keys(metrics).join(", ")}, got "${name}"`,
  );
}
