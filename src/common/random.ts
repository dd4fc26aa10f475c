/**
 * Seeded random numbers as a function of (seed, stream): nothing has to be saved to continue a
 * sequence, because every use derives its own generator from the run's seed and from what it is
 * for, e.g. `createRandom(seed, "batch-order", epoch)`.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), keyed by a 128-bit hash of the stream
 * (MurmurHash3's finalizer, Austin Appleby).
 */

/** A pseudo-random sequence. The same key gives the same sequence on every machine. */
export interface Random {
  /** An integer, uniform over `0 .. 2**32 - 1`. */
  nextUint32(): number;
  /** A float64, uniform over `[0, 1)`, with 32 random bits. */
  next(): number;
  /** An integer, uniform over `0 .. limit - 1`; `limit` is at least 1. */
  nextInt(limit: number): number;
  /** A float64 from the standard normal distribution (Box & Muller 1958). */
  nextNormal(): number;
}

/** MurmurHash3's 32-bit finalizer: every input bit changes about half of the output bits. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One 32-bit hash of a seed and what follows it; strings count by their UTF-16 code units. */
export function hashStream(seed: number, stream: readonly (number | string)[]): number {
  let h = mix32(seed >>> 0) ^ mix32(Math.floor(seed / 2 ** 32) + 0x9e3779b9);
  for (const part of stream) {
    if (typeof part === "number") {
      h = mix32(h + 0x9e3779b9 + (part >>> 0)) ^ mix32(Math.floor(part / 2 ** 32));
    } else {
      for (let i = 0; i < part.length; i++) h = mix32(h + 0x85ebca77 + part.charCodeAt(i));
      h = mix32(h ^ part.length);
    }
  }
  return h >>> 0;
}

/**
 * @param seed - the run's seed, a non-negative safe integer.
 * @param stream - what the numbers are for; different streams are independent.
 */
export function createRandom(seed: number, ...stream: (number | string)[]): Random {
  let a = hashStream(seed, [...stream, 1]) | 0;
  let b = hashStream(seed, [...stream, 2]) | 0;
  let c = hashStream(seed, [...stream, 3]) | 0;
  let counter = 1;
  const nextUint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) nextUint32();
  const next = (): number => nextUint32() / 2 ** 32;
  return {
    nextUint32,
    next,
    nextInt: (limit) => Math.floor(next() * limit),
    nextNormal: () => {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return radius * Math.cos(2 * Math.PI * next());
    },
  };
}

/** Shuffles in place (Fisher & Yates) and returns its argument. */
export function shuffle<T extends { [index: number]: unknown; length: number }>(
  values: T,
  random: Random,
): T {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.nextInt(i + 1);
    const value = values[i];
    values[i] = values[j];
    values[j] = value;
  }
  return values;
}
