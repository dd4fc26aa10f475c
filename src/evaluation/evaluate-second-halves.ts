/**
 * Measures a recommender on the second halves of histories, with intervals.
 */
import type { Split } from "../data/split.ts";
import type { Recommender } from "../models/recommender.ts";
import { type BootstrapOptions, bootstrapMeans, type Estimate } from "./bootstrap.ts";
import { DUMP_LENGTH, withDump } from "./dump.ts";
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
  { dumpPath, seed, numResamples, ...options }: EvaluateSecondHalvesOptions,
): Promise<SecondHalvesReport> {
  const measures = await withDump(dumpPath, split.interactions, async (dump) => {
    const listLength = dump ? DUMP_LENGTH : undefined;
    const measured = await measureSecondHalves(recommender, split, {
      ...options,
      ...(listLength && { listLength }),
    });
    const { lists, userIndices, targets, listLength: length } = measured;
    for (const [u, userIndex] of dump ? userIndices.entries() : []) {
      const list = lists.subarray(u * length, (u + 1) * length);
      dump?.write(userIndex, targets[u], Uint32Array.from(list.filter((item) => item >= 0)));
    }
    return measured;
  });
  const resampling = {
    ...(seed !== undefined && { seed }),
    ...(numResamples !== undefined && { numResamples }),
  };
  return {
    model: recommender.name,
    description: describeSecondHalves(split),
    seed: seed ?? 1,
    numResamples: numResamples ?? 1000,
    numUsers: measures.userIndices.length,
    metrics: bootstrapMeans(measures.values, resampling),
  };
}
