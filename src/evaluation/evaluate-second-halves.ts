/**
 * Measures a recommender on the second halves of histories, with intervals.
 */
import type { Split } from "../data/split.ts";
import type { Recommender } from "../models/recommender.ts";
import { type BootstrapOptions, bootstrapMeans, type Estimate } from "./bootstrap.ts";
import { DUMP_LENGTH, listOf, withDump } from "./dump.ts";
import {
  describeSecondHalves,
  measureSecondHalves,
  type SecondHalfOptions,
} from "./measure-second-halves.ts";

export interface EvaluateSecondHalvesOptions
  extends BootstrapOptions,
    Omit<SecondHalfOptions, "listLength"> {
  /** The file to write what was ranked to. Default: none. */
  readonly dumpPath?: string | undefined;
}

/** What was found, as plain data. */
export interface SecondHalvesReport {
  readonly model: string;
  /** The protocol in words. */
  readonly description: string;
  readonly seed: number;
  readonly numResamples: number;
  readonly numUsers: number;
  /** E.g. "ndcg@10", means over users. */
  readonly metrics: Readonly<Record<string, Estimate>>;
}

/**
 * @throws InputError as `measureSecondHalves` does.
 * @throws EnvironmentError when the rankings cannot be written.
 */
export async function evaluateSecondHalves(
  recommender: Recommender,
  split: Split,
  { dumpPath, seed, numResamples, k = 10, ...options }: EvaluateSecondHalvesOptions = {},
): Promise<SecondHalvesReport> {
  const measures = await withDump(dumpPath, split.interactions, async (dump) => {
    const listLength = dump ? Math.max(k, DUMP_LENGTH) : k;
    const measured = await measureSecondHalves(recommender, split, { ...options, k, listLength });
    if (dump) {
      const { lists, userIndices, targets } = measured;
      for (const [u, userIndex] of userIndices.entries()) {
        dump.write(userIndex, targets[u], listOf(lists, u, listLength));
      }
    }
    return measured;
  });
  return {
    model: recommender.name,
    description: describeSecondHalves(split),
    seed: seed ?? 1,
    numResamples: numResamples ?? 1000,
    numUsers: measures.userIndices.length,
    metrics: bootstrapMeans(measures.values, { seed, numResamples }),
  };
}
