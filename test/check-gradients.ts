/**
 * Gradients against central differences: `(f(x + h) - f(x - h)) / 2h` for every element of every
 * input, where `f` sums all outputs with random weights.
 */
import { expect } from "vitest";
import type { Random } from "../src/common/random.ts";
import { gradients } from "../src/graph/gradient.ts";
import { Graph, type Tensor } from "../src/graph/graph.ts";
import { add, mul } from "../src/graph/operators/elementwise.ts";
import { reduceSum } from "../src/graph/operators/sum.ts";
import { sizeOf } from "../src/graph/shape.ts";
import { compileGraph } from "./compile-graph.ts";

export type Shape = readonly number[];

/** From the inputs, in their order, to what is to be differentiated. */
export type Build = (inputs: readonly Tensor[], graph: Graph) => Tensor | readonly Tensor[];

export interface Subject {
  /** One for each input. */
  readonly shapes: readonly Shape[];
  readonly build: Build;
  /** One number of an input. Default: standard normal. */
  readonly draw?: (random: Random) => number;
  /** `h`. Default: 1e-5. */
  readonly step?: number;
  /** Of the largest difference quotient. Default: 1e-6. */
  readonly tolerance?: number;
}

/** Draws inputs and compares, in float64. */
export async function checkGradients(subject: Subject, random: Random): Promise<void> {
  const { shapes, step = 1e-5, draw = (source: Random) => source.nextNormal() } = subject;
  const inputs = shapes.map((shape) => Array.from({ length: sizeOf(shape) }, () => draw(random)));
  const { loss, gradient, dispose } = await compileBoth(subject, "float64", random);
  try {
    const actual = await gradient(inputs);
    const expected = await differences(loss, inputs, step);
    for (const index of shapes.keys()) {
      expectClose(actual[index], expected[index], subject.tolerance ?? 1e-6, `input ${index}`);
    }
  } finally {
    await dispose();
  }
}

/** An operator without a float64 kernel: float32 against a function written here, to 1e-3. */
export async function checkFloat32(
  subject: Pick<Subject, "shapes" | "build" | "draw">,
  reference: (inputs: readonly (readonly number[])[]) => number[],
  random: Random,
): Promise<void> {
  const { shapes, draw = (source: Random) => source.nextNormal() } = subject;
  const inputs = shapes.map((shape) =>
    Array.from({ length: sizeOf(shape) }, () => Math.fround(draw(random))),
  );
  const { values, gradient, cotangent, dispose } = await compileBoth(subject, "float32", random);
  try {
    expectClose(await values(inputs), reference(inputs), 1e-3, "value");
    const weighted = (point: readonly (readonly number[])[]): Promise<number> =>
      Promise.resolve(reference(point).reduce((sum, value, i) => sum + value * cotangent[i], 0));
    const actual = await gradient(inputs);
    const expected = await differences(weighted, inputs, 1e-5);
    for (const index of shapes.keys()) {
      expectClose(actual[index], expected[index], 1e-3, `input ${index}`);
    }
  } finally {
    await dispose();
  }
}

type Point = readonly (readonly number[])[];

/** @param tolerance - of the largest expected number; differences have no more digits to offer. */
export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(worst, `${what}: largest error`).toBeLessThanOrEqual(tolerance * scale);
}

/** Central differences, one element at a time. */
async function differences(
  f: (point: Point) => Promise<number>,
  point: Point,
  step: number,
): Promise<number[][]> {
  const result = point.map((values) => values.map(() => 0));
  for (const [index, values] of point.entries()) {
    for (const [element, value] of values.entries()) {
      const at = (shifted: number): Promise<number> =>
        f(point.with(index, values.with(element, shifted)));
      const [above, below] = [await at(value + step), await at(value - step)];
      result[index][element] = (above - below) / (2 * step);
    }
  }
  return result;
}

interface Compiled {
  readonly loss: (point: Point) => Promise<number>;
  readonly values: (point: Point) => Promise<number[]>;
  readonly gradient: (point: Point) => Promise<number[][]>;
  /** The weights of the outputs' elements in the loss. */
  readonly cotangent: readonly number[];
  readonly dispose: () => Promise<void>;
}

async function compileBoth(
  { shapes, build }: Pick<Subject, "shapes" | "build">,
  dtype: "float32" | "float64",
  random: Random,
): Promise<Compiled> {
  const graph = new Graph();
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, dtype, shape));
  const outputs = [build(inputs, graph)].flat();
  const weights = outputs.map(({ shape }) =>
    Array.from({ length: sizeOf(shape) }, () => random.nextNormal()),
  );
  const loss = weightedSum(outputs, weights);
  const forward = await compileGraph(graph, { loss, value: outputs[0] });
  const names = inputs.map((_, i) => `g${i}`);
  const found = gradients(loss, inputs);
  const backward = await compileGraph(
    graph,
    Object.fromEntries(names.map((name, i) => [name, found[i]])),
  );
  const feeds = (point: Point): Record<string, readonly number[]> =>
    Object.fromEntries(point.map((values, i) => [`x${i}`, values]));
  return {
    loss: async (point) => (await forward.run(feeds(point))).loss[0],
    values: async (point) => (await forward.run(feeds(point))).value,
    gradient: async (point) => {
      const result = await backward.run(feeds(point));
      return names.map((name) => result[name]);
    },
    cotangent: weights[0],
    dispose: async () => {
      await forward.dispose();
      await backward.dispose();
    },
  };
}

function weightedSum(outputs: readonly Tensor[], weights: readonly (readonly number[])[]): Tensor {
  return outputs
    .map((output, i) =>
      reduceSum(
        mul(output, output.graph.constant(output.dtype, output.shape as Shape, weights[i])),
      ),
    )
    .reduce((sum, term) => add(sum, term));
}

/** A shape of `rank` axes, each of 1 to `most`. */
export function randomShape(random: Random, rank: number, most = 4): number[] {
  return Array.from({ length: rank }, () => 1 + random.nextInt(most));
}

/** Two shapes that broadcast: each drops leading axes or has some of size 1. */
export function broadcastPair(random: Random): [number[], number[]] {
  const full = randomShape(random, 1 + random.nextInt(3));
  const side = (): number[] =>
    full.slice(random.nextInt(full.length + 1)).map((size) => (random.next() < 0.3 ? 1 : size));
  return [side(), side()];
}
