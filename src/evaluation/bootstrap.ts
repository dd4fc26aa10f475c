/**
 * Confidence intervals by resampling users with replacement (percentile bootstrap, Efron 1979).
 */
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";

/** A number and the interval that holds 95 % of its resamples. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Default: 1. */
  readonly seed?: number;
  /** At least 1,000. Default: 1,000. */
  readonly numResamples?: number;
}

/**
 * How often each user is drawn in each resample. The same users and seed give the same draws, so
 * that metrics, and models, are compared on the same resamples.
 */
export function* resampleUsers(
  numUsers: number,
  { seed = 1, numResamples = 1000 }: BootstrapOptions,
): Generator<Float64Array> {
  if (!Number.isInteger(numResamples) || numResamples < 1000) {
    throw new InputError(`bootstrap: numResamples must be at least 1000, got ${numResamples}`);
  }
  const random = createRandom(seed, "bootstrap", numUsers);
  const weights = new Float64Array(numUsers);
  for (let r = 0; r < numResamples; r++) {
    weights.fill(0);
    for (let i = 0; i < numUsers; i++) weights[random.nextInt(numUsers)]++;
    yield weights;
  }
}

/**
 * The mean of each vector over the users who have a value, with its interval; left out where nobody
 * has one.
 * @param values - a value for each user: `[U]`; NaN where there is none.
 */
export function bootstrapMeans(
  values: Readonly<Record<string, Float64Array>>,
  options: BootstrapOptions = {},
): Record<string, Estimate> {
  const names = Object.keys(values);
  const numUsers = names.length === 0 ? 0 : values[names[0]].length;
  const all = new Float64Array(numUsers).fill(1);
  const resamples = names.map((): number[] => []);
  for (const weights of resampleUsers(numUsers, options)) {
    for (const [n, name] of names.entries()) {
      resamples[n].push(weightedMean(values[name], weights));
    }
  }
  const estimates = names.map((name, n): [string, Estimate] => [
    name,
    { value: weightedMean(values[name], all), ...interval(resamples[n]) },
  ]);
  return Object.fromEntries(estimates.filter(([, { value }]) => !Number.isNaN(value)));
}

/**
 * The mean over everything that users have several of, with its interval: users are resampled, each
 * with all that is his.
 * @param sums - by name, what each user's values add up to: `[U]`.
 * @param counts - how many values each user has: `[U]`.
 */
export function bootstrapRatios(
  sums: Readonly<Record<string, Float64Array>>,
  counts: Float64Array,
  options: BootstrapOptions = {},
): Record<string, Estimate> {
  const entries = Object.entries(sums);
  const resamples = entries.map((): number[] => []);
  for (const weights of resampleUsers(counts.length, options)) {
    const total = weightedSum(counts, weights);
    for (const [n, [, values]] of entries.entries()) {
      resamples[n].push(weightedSum(values, weights) / total);
    }
  }
  const all = new Float64Array(counts.length).fill(1);
  const value = (values: Float64Array): number =>
    weightedSum(values, all) / weightedSum(counts, all);
  return Object.fromEntries(
    entries.map(([name, values], n) => [name, { value: value(values), ...interval(resamples[n]) }]),
  );
}

function weightedSum(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let u = 0; u < values.length; u++) sum += weights[u] * values[u];
  return sum;
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let u = 0; u < values.length; u++) {
    const value = values[u];
    if (Number.isNaN(value)) continue;
    sum += weights[u] * value;
    total += weights[u];
  }
  return sum / total;
}

/** The 2.5th and 97.5th percentiles of the resamples that have a value. */
export function interval(resamples: readonly number[]): { low: number; high: number } {
  const sorted = Float64Array.from(resamples.filter((value) => !Number.isNaN(value))).sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** By linear interpolation between order statistics (Hyndman and Fan's type 7, NumPy's default). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
