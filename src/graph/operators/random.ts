/**
 * Random numbers inside a graph, as a function of a key and a stream: no generator keeps a state,
 * so a run that is resumed draws the same numbers.
 */

import { InternalError } from "../../common/errors.ts";
import { hashStream } from "../../common/random.ts";
import type { Tensor } from "../graph.ts";
import { sizeOf } from "../shape.ts";
import { bitAnd, bitXor, cast, less, mul, not, shiftRight } from "./elementwise.ts";
import { reshape } from "./movement.ts";

/**
 * 32 random bits for each of `size` elements: the low-bias integer hash of Chris Wellons ("lowbias32",
 * 2018) over the element's number and the key.
 * @param key - uint32 of shape `[]`, another one for every step.
 * @param stream - tells the draws of one graph apart.
 * @returns uint32 of shape `[size]`
 */
export function randomBits(key: Tensor, stream: number, size: number): Tensor {
  const offset = hashStream(stream, ["graph"]);
  const numbers = Uint32Array.from({ length: size }, (_, i) => Math.imul(i, 0x9e3779b1) ^ offset);
  const foldRight = (x: Tensor, bits: number): Tensor => bitXor(x, shiftRight(x, bits));
  let bits = bitXor(key.graph.constant("uint32", [size], numbers), key);
  bits = mul(foldRight(bits, 16), 0x7feb352d);
  bits = mul(foldRight(bits, 15), 0x846ca68b);
  return foldRight(bits, 16);
}

/**
 * Dropout (Srivastava et al. 2014): each element becomes 0 with probability `rate`, the others are
 * scaled so that the mean stays. The rate is rounded to 1 / 65536, because a mask costs 16 bits.
 *
 * @param key - uint32 of shape `[]`, another one for every step.
 * @returns a function that drops elements of a tensor with a mask of its own.
 */
export function createDropout(key: Tensor, rate: number): (x: Tensor) => Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new InternalError(`dropout: rate must be in [0, 1), got ${rate}`);
  }
  const threshold = Math.round(rate * 2 ** 16);
  if (threshold === 0) return (x) => x;
  const scale = 1 / (1 - threshold / 2 ** 16);
  /** Random bits of which one half is not used yet, by size. */
  const halves = new Map<number, Tensor>();
  let stream = 0;
  return (x) => {
    const size = sizeOf(x.shape);
    const rest = halves.get(size);
    const bits = rest ?? randomBits(key, stream++, size);
    if (rest) halves.delete(size);
    else halves.set(size, bits);
    const half = rest ? bitAnd(bits, 0xffff) : shiftRight(bits, 16);
    const isKept = not(less(half, threshold));
    const mask = mul(cast(isKept, x.dtype), scale);
    return mul(x, reshape(mask, x.shape));
  };
}
