/**
 * Functions in float64 that ONNX Runtime has in float32 only, for tests to compare with.
 */

/**
 * The Gauss error function, by its Taylor series for small arguments and by the continued fraction
 * of its complement for others (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  return Math.sign(x) * (z < 2.5 ? erfSeries(z) : 1 - erfcFraction(z));
}

/** `2 / sqrt(pi) e^(-z^2) sum over n of 2^n z^(2n+1) / (2n+1)!!` */
function erfSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; n < 100; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** `e^(-z^2) / sqrt(pi) / (z + (1/2) / (z + (2/2) / (z + (3/2) / ...)))` */
function erfcFraction(z: number): number {
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
}

/** `x Phi(x)`, with Phi the normal distribution. */
export function gelu(x: number): number {
  return (x * (1 + erf(x * Math.SQRT1_2))) / 2;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
