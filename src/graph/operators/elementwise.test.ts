import { describe, expect, it } from "vitest";
import { backends } from "../../../test/backends.ts";
import { runGraph } from "../../../test/compile-graph.ts";
import * as special from "../../../test/special-functions.ts";
import type { DType } from "../../common/dtype.ts";
import { createRandom } from "../../common/random.ts";
import { gradients } from "../gradient.ts";
import { Graph, type Tensor } from "../graph.ts";
import * as elementwise from "./elementwise.ts";
import { reduceSum } from "./sum.ts";

const floats = ["float32", "float64"] as const;
const signed = [...floats, "int32", "int64"] as const;
const numbers = [...signed, "uint32"] as const;

interface Case {
  readonly apply: (...inputs: Tensor[]) => Tensor;
  readonly reference: (...values: number[]) => number;
  readonly dtypes: readonly DType[];
}

const unary: Record<string, Case> = {
  neg: { apply: elementwise.neg, reference: (x) => -x, dtypes: signed },
  exp: { apply: elementwise.exp, reference: Math.exp, dtypes: floats },
  log: { apply: elementwise.log, reference: Math.log, dtypes: floats },
  sqrt: { apply: elementwise.sqrt, reference: Math.sqrt, dtypes: floats },
  reciprocal: { apply: elementwise.reciprocal, reference: (x) => 1 / x, dtypes: floats },
  abs: { apply: elementwise.abs, reference: Math.abs, dtypes: signed },
  sign: { apply: elementwise.sign, reference: Math.sign, dtypes: signed },
  erf: { apply: elementwise.erf, reference: special.erf, dtypes: ["float32"] },
  relu: { apply: elementwise.relu, reference: (x) => Math.max(x, 0), dtypes: floats },
  sigmoid: { apply: elementwise.sigmoid, reference: special.sigmoid, dtypes: floats },
  tanh: { apply: elementwise.tanh, reference: Math.tanh, dtypes: floats },
  softplus: {
    apply: elementwise.softplus,
    reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    dtypes: floats,
  },
  silu: { apply: elementwise.silu, reference: (x) => x * special.sigmoid(x), dtypes: floats },
  gelu: { apply: elementwise.gelu, reference: special.gelu, dtypes: ["float32"] },
  not: { apply: elementwise.not, reference: (x) => 1 - x, dtypes: ["bool"] },
};

const binary: Record<string, Case> = {
  add: { apply: elementwise.add, reference: (a, b) => a + b, dtypes: numbers },
  sub: { apply: elementwise.sub, reference: (a, b) => a - b, dtypes: numbers },
  mul: { apply: elementwise.mul, reference: (a, b) => a * b, dtypes: numbers },
  div: { apply: elementwise.div, reference: (a, b) => a / b, dtypes: numbers },
  maximum: { apply: elementwise.maximum, reference: Math.max, dtypes: numbers },
  minimum: { apply: elementwise.minimum, reference: Math.min, dtypes: numbers },
  less: { apply: elementwise.less, reference: (a, b) => Number(a < b), dtypes: numbers },
  lessOrEqual: {
    apply: elementwise.lessOrEqual,
    reference: (a, b) => Number(a <= b),
    dtypes: numbers,
  },
  greater: { apply: elementwise.greater, reference: (a, b) => Number(a > b), dtypes: numbers },
  greaterOrEqual: {
    apply: elementwise.greaterOrEqual,
    reference: (a, b) => Number(a >= b),
    dtypes: numbers,
  },
  equal: {
    apply: elementwise.equal,
    reference: (a, b) => Number(a === b),
    dtypes: [...signed, "bool"],
  },
  and: { apply: elementwise.and, reference: (a, b) => a & b, dtypes: ["bool"] },
  bitXor: { apply: elementwise.bitXor, reference: (a, b) => (a ^ b) >>> 0, dtypes: ["uint32"] },
  bitAnd: { apply: elementwise.bitAnd, reference: (a, b) => (a & b) >>> 0, dtypes: ["uint32"] },
  shiftRight: { apply: elementwise.shiftRight, reference: (a, b) => a >>> b, dtypes: ["uint32"] },
};

const dtypes: readonly DType[] = [...numbers, "bool"];
const size = 24;

/** Numbers that the element type has; logarithms and roots get the positive ones. */
function draw(dtype: DType, name: string, stream: string): number[] {
  const random = createRandom(1, dtype, stream);
  return Array.from({ length: size }, () => {
    if (dtype === "bool") return random.nextInt(2);
    if (dtype === "uint32")
      return stream === "b" ? 1 + random.nextInt(31) : 40 + random.nextInt(1000);
    if (dtype === "int32" || dtype === "int64")
      return (1 + random.nextInt(9)) * (random.nextInt(2) * 2 - 1);
    const value = Math.fround(0.1 + 3 * random.next());
    return name === "log" || name === "sqrt" || random.next() < 0.5 ? value : -value;
  });
}

/** Whole numbers stay whole: quotients are cut, uint32 wraps around. */
function toDType(value: number, result: DType): number {
  if (result === "int32" || result === "int64") return Math.trunc(value);
  return result === "uint32" ? Math.trunc(value) >>> 0 : value;
}

describe.each(backends)("on the %s runtime", (backend) => {
  it.each(dtypes)("operators compute %s as JavaScript does", async (dtype) => {
    const cases = Object.entries({ ...unary, ...binary }).filter(([, { dtypes: own }]) =>
      own.includes(dtype),
    );
    const graph = new Graph();
    const feeds: Record<string, number[]> = {};
    const input = (name: string, stream: string): Tensor => {
      feeds[`${name}/${stream}`] = draw(dtype, name, stream);
      return graph.input(`${name}/${stream}`, dtype, [size]);
    };
    const streamsOf = (name: string): string[] => (name in binary ? ["a", "b"] : ["a"]);
    const outputs = Object.fromEntries(
      cases.map(([name, { apply }]) => [
        name,
        apply(...streamsOf(name).map((stream) => input(name, stream))),
      ]),
    );
    const results = await runGraph(graph, outputs, feeds, { backend });
    for (const [name, { reference }] of cases) {
      const inputs = streamsOf(name).map((stream) => feeds[`${name}/${stream}`]);
      const expected = inputs[0].map((_, i) => reference(...inputs.map((values) => values[i])));
      for (const [i, value] of expected.entries()) {
        const rounded = toDType(value, outputs[name].dtype);
        const digits = dtype === "float64" ? 12 : 5;
        expect(results[name][i], `${name}(${inputs.map((v) => v[i])})`).toBeCloseTo(
          rounded,
          digits,
        );
      }
    }
  });
});

describe("elementwise operators", () => {
  it("take numbers on either side", async () => {
    const graph = new Graph();
    const x = graph.constant("float32", [2], [1, 4]);
    const outputs = {
      difference: elementwise.sub(10, x),
      quotient: elementwise.div(x, 2),
      choice: elementwise.where(graph.constant("bool", [2], [1, 0]), x, -1),
    };
    expect(await runGraph(graph, outputs)).toEqual({
      difference: [9, 6],
      quotient: [0.5, 2],
      choice: [1, -1],
    });
  });

  it("cast between all element types", async () => {
    const values: Record<DType, number[]> = {
      float32: [0, 1, 2.75],
      float64: [0, 1, 2.75],
      int32: [0, 1, -2],
      int64: [0, 1, -2],
      uint32: [0, 1, 7],
      uint8: [0, 1, 7],
      int8: [0, 1, -7],
      bool: [0, 1, 1],
    };
    for (const from of dtypes) {
      const graph = new Graph();
      const x = graph.input("x", from, [3]);
      const targets = dtypes.filter(
        (to) => to !== from && !(to === "uint32" && from.startsWith("int")),
      );
      const outputs = Object.fromEntries(targets.map((to) => [to, elementwise.cast(x, to)]));
      const results = await runGraph(graph, outputs, { x: values[from] });
      for (const to of targets) {
        const expected = values[from].map((value) =>
          to === "bool" ? Number(value !== 0) : to.startsWith("float") ? value : Math.trunc(value),
        );
        expect(results[to], `${from} to ${to}`).toEqual(expected);
      }
    }
  });

  it("give equal elements' gradient to the first, and none at kinks", async () => {
    const graph = new Graph();
    const [a, b, x] = ["a", "b", "x"].map((name) => graph.input(name, "float32", [2]));
    const pair = elementwise.add(elementwise.maximum(a, b), elementwise.minimum(a, b));
    const kinks = elementwise.add(elementwise.relu(x), elementwise.abs(x));
    const [da, db, dx] = gradients(reduceSum(elementwise.add(pair, kinks)), [a, b, x]);
    const feeds = { a: [3, 3], b: [3, 3], x: [0, 0] };
    expect(await runGraph(graph, { da, db, dx }, feeds)).toEqual({
      da: [2, 2],
      db: [0, 0],
      dx: [0, 0],
    });
  });

  it("say what they expected and got", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 3]);
    const y = graph.input("y", "float32", [2]);
    const i = graph.input("i", "int32", [2, 3]);
    expect(() => elementwise.add(x, y)).toThrow("add: shapes must broadcast, got [2, 3] and [2]");
    expect(() => elementwise.mul(x, i)).toThrow(
      "mul: element types must be equal, got float32 and int32",
    );
    expect(() => elementwise.exp(i)).toThrow("exp: expected float32 or float64, got int32");
    expect(() => elementwise.where(x, x, x)).toThrow("where: expected bool, got float32");
    expect(() => elementwise.bitXor(i, i)).toThrow("bitXor: expected uint32, got int32");
    expect(() => elementwise.add(x, new Graph().input("x", "float32", [3]))).toThrow(
      "internal: add: input of another graph",
    );
  });
});
