/**
 * One list for several targets at once.
 */
import { topK } from "../metrics/top-k.ts";
import { requireNumbers } from "./rank-targets.ts";

/**
 * The best `k` of what is not hidden, with targets behind all that score as high.
 * @param scores - `[N]`
 * @param hidden - items with a value other than 0 are not ranked: `[N]`.
 * @param where - names the model and the case in an error.
 * @throws InputError when a score is not a number.
 */
export function listAgainst(
  scores: Float32Array,
  targets: Uint32Array,
  hidden: Uint8Array,
  k: number,
  where: string,
): Uint32Array {
  requireNumbers(scores, hidden, where);
  const withoutTargets = hidden.slice();
  const onlyTargets = new Uint8Array(hidden.length).fill(1);
  for (const item of targets) {
    withoutTargets[item] = 1;
    onlyTargets[item] = 0;
  }
  const others = topK(scores, k, withoutTargets);
  const found = topK(scores, k, onlyTargets);
  const list = new Uint32Array(Math.min(k, others.length + found.length));
  let [o, f] = [0, 0];
  for (let place = 0; place < list.length; place++) {
    const isOther =
      f === found.length || (o < others.length && scores[others[o]] >= scores[found[f]]);
    list[place] = isOther ? others[o++] : found[f++];
  }
  return list;
}
