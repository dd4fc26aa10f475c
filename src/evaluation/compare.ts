/**
 * Is one model better than another, or was it luck with these users?
 */
import { InputError } from "../common/errors.ts";
import { type BootstrapOptions, bootstrapMeans, type Estimate } from "./bootstrap.ts";
import type { Evaluation } from "./evaluate.ts";

/** Differences `a - b` of two models, as plain data. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly description: string;
  readonly numUsers: number;
  /**
   * E.g. "ndcg@10" to the mean difference over users and its 95 % interval. The difference is
   * unlikely to be luck where the interval leaves out 0.
   */
  readonly differences: Readonly<Record<string, Estimate>>;
}

/**
 * Paired bootstrap: users are resampled, and each brings his difference, so that what is hard for
 * both models does not widen the interval. Coverage is no mean over users and is left out.
 * @throws InputError when the two were not measured on the same users under the same protocol.
 */
export function compare(a: Evaluation, b: Evaluation, options: BootstrapOptions = {}): Comparison {
  requireSameProtocol(a, b);
  const differences: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(a.perUser.values)) {
    const others = b.perUser.values[name];
    if (others !== undefined) differences[name] = values.map((value, u) => value - others[u]);
  }
  return {
    a: a.report.model,
    b: b.report.model,
    description: a.report.description,
    numUsers: a.report.numUsers,
    differences: bootstrapMeans(differences, options),
  };
}

function requireSameProtocol(a: Evaluation, b: Evaluation): void {
  if (a.report.description !== b.report.description) {
    throw new InputError(
      `compare: both models must be measured under one protocol, got "${a.report.description}" and "${b.report.description}"`,
    );
  }
  const users = a.perUser.userIndices;
  const others = b.perUser.userIndices;
  if (users.length === others.length && users.every((user, i) => user === others[i])) return;
  throw new InputError(
    `compare: both models must be measured on the same users, got ${users.length} and ${others.length}; evaluate both on one split`,
  );
}
