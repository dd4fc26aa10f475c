/**
 * Gradient clipping by the norm of all gradients together (Pascanu et al. 2013).
 */
import { InternalError } from "../common/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, div, minimum, mul, sqrt } from "../graph/operators/elementwise.ts";
import { reduceSum } from "../graph/operators/sum.ts";

/**
 * `gradient * min(1, maxNorm / (norm + 1e-6))`, with PyTorch's small number against division by 0.
 * @param gradient - all gradients as one vector: `[P]`
 * @param maxNorm - positive
 * @returns `[P]`; where the norm is not finite neither are all of its elements
 */
export function clipByGlobalNorm(gradient: Tensor, maxNorm: number): Tensor {
  if (!(maxNorm > 0)) {
    throw new InternalError(`clipByGlobalNorm: maxNorm must be positive, got ${maxNorm}`);
  }
  const norm = sqrt(reduceSum(mul(gradient, gradient)));
  return mul(gradient, minimum(div(maxNorm, add(norm, 1e-6)), 1));
}
