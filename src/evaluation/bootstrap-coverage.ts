/**
 * The interval of catalog coverage, which is no mean over users.
 */
import { coverageAt } from "../metrics/reach.ts";
import { type BootstrapOptions, type Estimate, interval, resampleUsers } from "./bootstrap.ts";
import type { TargetMeasures } from "./measure-targets.ts";
import { userStarts } from "./per-user.ts";

/**
 * Coverage at `k` with its interval. A resample has only some 63 % of the users in it and so covers
 * less than all of them do; the resamples are therefore moved so that their mean is the value. The
 * interval tells how coverage varies with who is asked, not with how many.
 */
export function bootstrapCoverage(
  measures: TargetMeasures,
  k: number,
  numItems: number,
  options: BootstrapOptions = {},
): Estimate {
  const { lists, listLength, userIndices } = measures;
  const starts = userStarts(userIndices, Uint32Array.from(userIndices.keys()));
  const numUsers = starts.length - 1;
  const lastResample = new Int32Array(numItems).fill(-1);
  const resamples: number[] = [];
  for (const weights of resampleUsers(numUsers, options)) {
    let covered = 0;
    for (let u = 0; u < numUsers; u++) {
      if (weights[u] === 0) continue;
      for (let t = starts[u]; t < starts[u + 1]; t++) {
        for (let i = t * listLength; i < t * listLength + k && lists[i] >= 0; i++) {
          if (lastResample[lists[i]] === resamples.length) continue;
          lastResample[lists[i]] = resamples.length;
          covered++;
        }
      }
    }
    resamples.push(covered / numItems);
  }
  const value = coverageAt(splitLists(measures), k, numItems);
  const shift = value - resamples.reduce((sum, resample) => sum + resample, 0) / resamples.length;
  const { low, high } = interval(resamples.map((resample) => resample + shift));
  return { value, low, high: Math.min(1, high) };
}

function* splitLists({ lists, listLength }: TargetMeasures): Generator<Int32Array> {
  for (let start = 0; start < lists.length; start += listLength) {
    const list = lists.subarray(start, start + listLength);
    const end = list.indexOf(-1);
    yield end < 0 ? list : list.subarray(0, end);
  }
}
