/**
 * Reverse-mode autodiff: writes the backward graph with the same operators as the forward one.
 */
import { InternalError } from "../common/errors.ts";
import {
  type BlockRecord,
  type Graph,
  isDifferentiable,
  type NodeRecord,
  type Tensor,
} from "./graph.ts";
import { add } from "./operators/elementwise.ts";
import { formatShape, sameShape } from "./shape.ts";

/**
 * The gradient of a loss with respect to some tensors.
 * @param loss - shape `[]`.
 * @param parameters - tensors the loss depends on.
 * @returns one tensor for each parameter, of its shape.
 * @throws InternalError when the loss does not depend on one of them.
 */
export function gradients(loss: Tensor, parameters: readonly Tensor[]): readonly Tensor[] {
  if (loss.shape.length > 0) {
    throw new InternalError(
      `gradients: the loss must have shape [], got ${formatShape(loss.shape)}`,
    );
  }
  const { graph } = loss;
  const depends = dependents(graph, parameters);
  const gradientOf = new Map<Tensor, Tensor>([[loss, graph.scalar(loss.dtype, 1)]]);
  const fromBlocks = new Set<Tensor>();
  for (const record of graph.records.slice().reverse()) {
    const differentiate = (): readonly (Tensor | null)[] | null =>
      record.kind === "block"
        ? differentiateBlock(record, gradientOf, depends, fromBlocks)
        : differentiateNode(record, gradientOf, depends, fromBlocks);
    const inputGradients = graph.scope("gradient", () => graph.scope(record.scope, differentiate));
    inputGradients?.forEach((gradient, index) => {
      const input = record.inputs[index];
      if (gradient && depends.has(input)) accumulate(gradientOf, input, gradient);
    });
  }
  return parameters.map((parameter) => {
    const gradient = gradientOf.get(parameter);
    if (!gradient)
      throw new InternalError(`gradients: the loss does not depend on tensor ${parameter.id}`);
    return gradient;
  });
}

/** All tensors that change when a parameter does. */
function dependents(graph: Graph, parameters: readonly Tensor[]): Set<Tensor> {
  const depends = new Set(parameters);
  for (const record of graph.records) {
    if (record.kind === "block" || !record.inputs.some((input) => depends.has(input))) continue;
    for (const output of record.outputs) if (isDifferentiable(output)) depends.add(output);
  }
  return depends;
}

/** @param fromBlocks - receives the output: what is inside must not be differentiated again. */
function differentiateBlock(
  { output, gradient }: BlockRecord,
  gradientOf: ReadonlyMap<Tensor, Tensor>,
  depends: ReadonlySet<Tensor>,
  fromBlocks: Set<Tensor>,
): readonly (Tensor | null)[] | null {
  const outputGradient = gradientOf.get(output);
  if (!outputGradient || !depends.has(output) || fromBlocks.has(output)) return null;
  fromBlocks.add(output);
  return gradient(outputGradient, output);
}

function differentiateNode(
  { operator, inputs, attributes, outputs }: NodeRecord,
  gradientOf: ReadonlyMap<Tensor, Tensor>,
  depends: ReadonlySet<Tensor>,
  fromBlocks: ReadonlySet<Tensor>,
): readonly (Tensor | null)[] | null {
  const outputGradients = outputs.map((output) =>
    fromBlocks.has(output) ? null : (gradientOf.get(output) ?? null),
  );
  if (!outputGradients.some(Boolean) || !inputs.some((input) => depends.has(input))) return null;
  return operator.gradient?.({ inputs, attributes, outputs, outputGradients }) ?? null;
}

function accumulate(gradientOf: Map<Tensor, Tensor>, tensor: Tensor, gradient: Tensor): void {
  if (!sameShape(tensor.shape, gradient.shape)) {
    throw new InternalError(
      `gradient of tensor ${tensor.id} has shape ${formatShape(gradient.shape)}, expected ${formatShape(tensor.shape)}`,
    );
  }
  const sum = gradientOf.get(tensor);
  gradientOf.set(tensor, sum ? add(sum, gradient) : gradient);
}
