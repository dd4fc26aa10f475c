/**
 * Measures a recommender on windows that were held out: how many of the next films it names.
 */
import { InputError } from "../common/errors.ts";
import type { FeatureTable } from "../data/features/feature-set.ts";
import { inputsOf, type NextFilmsSplit, targetsOf } from "../data/next-films.ts";
import type { Recommender } from "../models/recommender.ts";
import { type BootstrapOptions, bootstrapCases, type Estimate } from "./bootstrap.ts";
import type { Comparison } from "./compare.ts";
import { DUMP_LENGTH, listOf, withDump } from "./dump.ts";
import { measureNextFilms, type NextFilmsMeasures, windowHistories } from "./measure-next-films.ts";

export interface EvaluateNextFilmsOptions extends BootstrapOptions {
  readonly rows: "validation" | "test";
  /** What is known of users, for a model that reads it. */
  readonly users?: FeatureTable | null | undefined;
  /** The file to write what was ranked to. Default: none. */
  readonly dumpPath?: string | undefined;
}

/** What was found, as plain data. */
export interface NextFilmsReport {
  readonly model: string;
  readonly rows: "validation" | "test";
  /** The protocol in words. */
  readonly description: string;
  readonly seed: number;
  readonly numResamples: number;
  readonly numUsers: number;
  readonly numWindows: number;
  /** "precision@5" and "hitRate@5": the literature's accuracy 1 and accuracy 2, means over windows. */
  readonly metrics: Readonly<Record<string, Estimate>>;
}

export interface NextFilmsEvaluation {
  readonly report: NextFilmsReport;
  /** The userIndex of each window: `[W]`. */
  readonly users: Uint32Array;
  readonly measures: NextFilmsMeasures;
}

/**
 * Intervals come from resamples of the viewers, each with all of his windows, because windows of one
 * viewer are alike.
 * @throws InputError when nothing was held out, or a score is not a number.
 */
export async function evaluateNextFilms(
  recommender: Recommender,
  split: NextFilmsSplit,
  options: EvaluateNextFilmsOptions,
): Promise<NextFilmsEvaluation> {
  const { task } = split;
  const windows = split[options.rows];
  if (windows.length === 0) {
    throw new InputError(`evaluate: the split holds no ${options.rows} windows out; choose others`);
  }
  const toInput = windowHistories(task, options.users ?? null);
  const measures = await withDump(options.dumpPath, task.interactions, async (dump) => {
    const { numTargets } = task;
    const listLength = dump ? Math.max(numTargets, DUMP_LENGTH) : numTargets;
    const measured = await measureNextFilms(recommender, task, windows, toInput, { listLength });
    if (dump) {
      for (const [w, window] of windows.entries()) {
        const ranked = listOf(measured.lists, w, listLength);
        const shown = inputsOf(task, window);
        dump.write(task.users[window], targetsOf(task, window), ranked, { shown });
      }
    }
    return measured;
  });
  const users = Uint32Array.from(windows, (window) => task.users[window]);
  const report: NextFilmsReport = {
    model: recommender.name,
    rows: options.rows,
    description: describeNextFilms(split, options.rows),
    seed: options.seed ?? 1,
    numResamples: options.numResamples ?? 1000,
    numUsers: new Set(users).size,
    numWindows: windows.length,
    metrics: estimates(measures, users, task.numTargets, options),
  };
  return { report, users, measures };
}

/**
 * Paired bootstrap: `a` minus `b`, viewers resampled as in `evaluateNextFilms`.
 * @throws InputError when the two were not measured on the same windows.
 */
export function compareNextFilms(
  a: NextFilmsEvaluation,
  b: NextFilmsEvaluation,
  options: BootstrapOptions = {},
): Comparison {
  if (a.report.description !== b.report.description) {
    throw new InputError(
      `compare: both models must be measured on the same windows, got "${a.report.description}" and "${b.report.description}"`,
    );
  }
  const minus = (x: Float64Array, y: Float64Array): Float64Array =>
    x.map((value, i) => value - y[i]);
  const differences = {
    precision: minus(a.measures.precision, b.measures.precision),
    hitRate: minus(a.measures.hitRate, b.measures.hitRate),
  };
  const [key] = Object.keys(a.report.metrics);
  return {
    a: a.report.model,
    b: b.report.model,
    description: a.report.description,
    numUsers: a.report.numUsers,
    differences: estimates(differences, a.users, Number(key.split("@")[1]), options),
  };
}

function estimates(
  measures: Pick<NextFilmsMeasures, "precision" | "hitRate">,
  users: Uint32Array,
  k: number,
  options: BootstrapOptions,
): Record<string, Estimate> {
  const named = { [`precision@${k}`]: measures.precision, [`hitRate@${k}`]: measures.hitRate };
  return bootstrapCases(named, users, options);
}

/** The protocol in words. */
export function describeNextFilms(
  { by, task, test, validation }: NextFilmsSplit,
  rows: string,
): string {
  const { numInputs, numTargets, interactions } = task;
  return [
    `${numInputs} films shown, the next ${numTargets} to be named`,
    `${rows} windows of a split by ${by} (${validation.length} for validation, ${test.length} for the test)`,
    `catalog of ${interactions.itemIds.length} items`,
    "only the films shown are out of the ranking",
    "ties count against the target",
    "each window counts once",
  ].join("; ");
}
