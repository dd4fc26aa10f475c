/**
 * Times of your own data, in whatever unit they come, as seconds since 1970.
 */

/** From which size on a number is milli-, micro- and nanoseconds: as seconds, the year 5138. */
const units: readonly [from: number, perSecond: number][] = [
  [1e17, 1e9],
  [1e14, 1e6],
  [1e11, 1e3],
];

/** Converts in place, all by the unit of the largest, and returns its argument. */
export function toSeconds(times: Float64Array): Float64Array {
  let largest = 0;
  for (const time of times) largest = Math.max(largest, Math.abs(time));
  const unit = units.find(([from]) => largest >= from);
  if (unit !== undefined) for (let k = 0; k < times.length; k++) times[k] /= unit[1];
  return times;
}
