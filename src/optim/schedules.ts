/**
 * How the learning rate changes during a training: pure functions from a step to a factor, so that
 * a training that is resumed needs no more than its step.
 */
import { InputError } from "../common/errors.ts";

export type ScheduleKind = "constant" | "linear" | "cosine" | "step";

export interface ScheduleOptions {
  /**
   * - "constant": 1;
   * - "linear": from 1 in a straight line towards 0, which step `totalSteps + 1` would reach;
   * - "cosine": the same along half a wave (Loshchilov & Hutter 2017, without restarts);
   * - "step": a tenth of what it was after each of the steps `decaysAfter`.
   */
  readonly kind: ScheduleKind;
  /** How many steps the training has. Only "linear" and "cosine" depend on it. */
  readonly totalSteps: number;
  /** Steps at the start over which the factor rises in a straight line to 1. Default: 0. */
  readonly warmupSteps?: number;
  /** "step" only: e.g. the last steps of every n-th epoch. */
  readonly decaysAfter?: readonly number[];
}

/**
 * @returns from a step, counted from 1, to what its learning rate is multiplied by.
 * @throws InputError when the counts do not make sense.
 */
export function createSchedule(options: ScheduleOptions): (step: number) => number {
  const { kind, totalSteps, warmupSteps = 0, decaysAfter = [] } = options;
  expectCount("totalSteps", totalSteps, 1);
  expectCount("warmupSteps", warmupSteps, 0);
  for (const step of decaysAfter) expectCount("decaysAfter", step, 1);
  const decaySteps = Math.max(totalSteps - warmupSteps, 1);
  const progressAt = (step: number): number =>
    Math.min(Math.max((step - 1 - warmupSteps) / decaySteps, 0), 1);
  const decays: Record<ScheduleKind, (step: number) => number> = {
    constant: () => 1,
    linear: (step) => 1 - progressAt(step),
    cosine: (step) => (1 + Math.cos(Math.PI * progressAt(step))) / 2,
    step: (step) => 0.1 ** decaysAfter.filter((last) => step > last).length,
  };
  const decay = decays[kind];
  return (step) => Math.min(step / Math.max(warmupSteps, 1), 1) * decay(step);
}

function expectCount(name: string, value: number | undefined, least: number): void {
  if (!Number.isInteger(value) || (value as number) < least) {
    throw new InputError(
      `schedule: ${name} must be a whole number of at least ${least}, got ${value}`,
    );
  }
}
