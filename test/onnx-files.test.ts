/**
 * The ONNX files that Usher writes, node by node: valid by the specification, nothing left to
 * defaults, and what ships in the standard's operators only.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gradients } from "../src/graph/gradient.ts";
import { Graph, type Tensor } from "../src/graph/graph.ts";
import type { Dialect } from "../src/graph/operator.ts";
import * as elementwise from "../src/graph/operators/elementwise.ts";
import * as indexing from "../src/graph/operators/indexing.ts";
import { gemm, matmul } from "../src/graph/operators/linear-algebra.ts";
import * as movement from "../src/graph/operators/movement.ts";
import * as normalization from "../src/graph/operators/normalization.ts";
import { createDropout, randomBits } from "../src/graph/operators/random.ts";
import { gru } from "../src/graph/operators/recurrent.ts";
import { cumSum, logSumExp, reduceMax, reduceMean } from "../src/graph/operators/reduction.ts";
import { expand, reduceSum, sumTo } from "../src/graph/operators/sum.ts";
import { toOnnx } from "../src/graph/to-onnx.ts";
import { baselineOnnx } from "../src/models/baseline-onnx.ts";
import { fitBaseline } from "../src/models/baselines.ts";
import { networkOnnx } from "../src/models/network-onnx.ts";
import { createNetwork, type NetworkConfig } from "../src/models/networks.ts";
import type { SideInformation } from "../src/models/side-information.ts";
import { initializeParameters } from "../src/nn/parameters.ts";
import { gradientGraph, updateGraph } from "../src/training/train-step.ts";
import { type DecodedModel, decodeModel } from "./decode-model.ts";
import { operatorNames } from "./operator-modules.ts";
import { toInteractions } from "./random-interactions.ts";

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/onnx/onnx.json", import.meta.url), "utf8"),
) as { readonly attributes: Readonly<Record<string, readonly string[]>> };

/** Of ONNX Runtime's docs/ContribOperators.md. */
const microsoftAttributes: Readonly<Record<string, readonly string[]>> = {
  FusedMatMul: ["alpha", "transA", "transB", "transBatchA", "transBatchB"],
};

/** Attributes that may not stand beside an input which says the same, or have no value for "none". */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  Split: ["num_outputs"],
  GRU: ["activation_alpha", "activation_beta", "clip"],
};

/** Every node's attributes are all that its operator has, in the opset that the file names. */
function expectComplete(model: DecodedModel, what: string): void {
  for (const { name, opType, domain, attribute = [] } of model.graph.node) {
    const known = domain === "com.microsoft" ? microsoftAttributes : fixture.attributes;
    expect(known, `${what}: ${name}`).toHaveProperty(opType);
    const without = leftOut[opType] ?? [];
    const expected = known[opType].filter((attributeName) => !without.includes(attributeName));
    const written = attribute.map((entry) => entry.name).sort();
    expect(written, `${what}: ${name}`).toEqual([...expected].sort());
  }
}

function domains(model: DecodedModel): string[] {
  const ofNodes = model.graph.node.map(({ domain }) => domain ?? "");
  return [...new Set([...ofNodes, ...model.opsetImport.map(({ domain }) => domain ?? "")])].sort();
}

interface Samples {
  readonly x: Tensor;
  readonly row: Tensor;
  readonly pair: Tensor;
  readonly condition: Tensor;
  readonly bits: Tensor;
  readonly key: Tensor;
  readonly indices: Tensor;
}

function samples(graph: Graph, dtype: "float32" | "float64"): Samples {
  return {
    x: graph.input("x", dtype, [2, 3]),
    row: graph.input("row", dtype, [3]),
    pair: graph.input("pair", dtype, [2]),
    condition: graph.input("condition", "bool", [2, 3]),
    bits: graph.input("bits", "uint32", [4]),
    key: graph.input("key", "uint32", []),
    indices: graph.input("indices", "int32", [2]),
  };
}

/** One use of each operator. */
const uses: Record<string, (s: Samples) => Tensor | readonly Tensor[]> = {
  neg: ({ x }) => elementwise.neg(x),
  exp: ({ x }) => elementwise.exp(x),
  log: ({ x }) => elementwise.log(x),
  sqrt: ({ x }) => elementwise.sqrt(x),
  reciprocal: ({ x }) => elementwise.reciprocal(x),
  abs: ({ x }) => elementwise.abs(x),
  sign: ({ x }) => elementwise.sign(x),
  erf: ({ x }) => elementwise.erf(x),
  relu: ({ x }) => elementwise.relu(x),
  sigmoid: ({ x }) => elementwise.sigmoid(x),
  tanh: ({ x }) => elementwise.tanh(x),
  softplus: ({ x }) => elementwise.softplus(x),
  silu: ({ x }) => elementwise.silu(x),
  gelu: ({ x }) => elementwise.gelu(x),
  add: ({ x, row }) => elementwise.add(x, row),
  sub: ({ x, row }) => elementwise.sub(x, row),
  mul: ({ x, row }) => elementwise.mul(x, row),
  div: ({ x, row }) => elementwise.div(x, row),
  maximum: ({ x, row }) => elementwise.maximum(x, row),
  minimum: ({ x, row }) => elementwise.minimum(x, row),
  less: ({ x, row }) => elementwise.less(x, row),
  lessOrEqual: ({ x, row }) => elementwise.lessOrEqual(x, row),
  greater: ({ x, row }) => elementwise.greater(x, row),
  greaterOrEqual: ({ x, row }) => elementwise.greaterOrEqual(x, row),
  equal: ({ x, row }) => elementwise.equal(x, row),
  not: ({ condition }) => elementwise.not(condition),
  and: ({ condition }) => elementwise.and(condition, condition),
  bitXor: ({ bits }) => elementwise.bitXor(bits, 5),
  bitAnd: ({ bits }) => elementwise.bitAnd(bits, 5),
  shiftRight: ({ bits }) => elementwise.shiftRight(bits, 5),
  where: ({ condition, x }) => elementwise.where(condition, x, 0),
  cast: ({ x }) => elementwise.cast(x, x.dtype === "float32" ? "float64" : "float32"),
  gather: ({ x, indices }) => indexing.gather(x, indices),
  scatterAdd: ({ x, indices }) => indexing.scatterAdd(indices, x, [5, 3]),
  pick: ({ row, indices }) => indexing.pick(row, indices),
  place: ({ pair, indices }) => indexing.place(indices, pair, [7]),
  addAt: ({ row, indices, pair }) => indexing.addAt(row, indices, pair),
  oneHot: ({ indices }) => indexing.oneHot(indices, 4),
  matmul: ({ x }) => [
    matmul(x, x, { transposeB: true }),
    matmul(x, movement.transpose(x)),
    matmul(x, x, { transposeA: true, scale: 2 }),
  ],
  gemm: ({ x, pair }) => gemm(x, x, pair, { transposeB: true }),
  reshape: ({ x }) => movement.reshape(x, [6]),
  transpose: ({ x }) => movement.transpose(x),
  slice: ({ x }) => movement.slice(x, 1, 1, 2),
  takeLast: ({ x }) => movement.takeLast(x, 1),
  pad: ({ x }) => movement.pad(x, 1, 1, 2),
  concat: ({ x }) => movement.concat([x, x], 0),
  split: ({ x }) => movement.split(x, 1, [1, 2]),
  softmax: ({ x }) => normalization.softmax(x),
  logSoftmax: ({ x }) => normalization.logSoftmax(x),
  layerNorm: ({ x, row }) => normalization.layerNorm(x, row, row),
  rmsNorm: ({ x, row }) => normalization.rmsNorm(x, row),
  gru: ({ x, row }) => {
    const weight = movement.reshape(row, [3, 1]);
    return gru(movement.reshape(x, [6, 1, 1]), weight, weight, x);
  },
  reduceMean: ({ x }) => reduceMean(x, [1]),
  reduceMax: ({ x }) => reduceMax(x, [1]),
  logSumExp: ({ x }) => logSumExp(x),
  cumSum: ({ x }) => cumSum(x, 1),
  reduceSum: ({ x }) => [reduceSum(x, [0]), reduceSum(x, [1])],
  expand: ({ row }) => expand(row, [2, 3]),
  sumTo: ({ x }) => sumTo(x, [3]),
  createDropout: ({ x, key }) => createDropout(key, 0.5)(x),
  randomBits: ({ key }) => randomBits(key, 0, 8),
};

/** The node types that an operator alone is written as. */
function nodeTypes(name: string): string[] {
  const graph = new Graph();
  const made = [uses[name](samples(graph, "float32"))].flat();
  const outputs = Object.fromEntries(made.map((y, i) => [`y${i}`, y]));
  const { node } = decodeModel(toOnnx(graph, outputs, { dialect: "onnxruntime" })).graph;
  return [...new Set(node.map(({ opType }) => opType))];
}

/** The operator and, where it has one, its gradient. */
function modelOf(name: string, dtype: "float32" | "float64", dialect: Dialect): DecodedModel {
  const graph = new Graph();
  const inputs = samples(graph, dtype);
  const made = [uses[name](inputs)].flat();
  const outputs: Record<string, Tensor> = Object.fromEntries(made.map((y, i) => [`y${i}`, y]));
  for (const input of [inputs.x, inputs.row, inputs.pair]) {
    const floats = made.filter((y) => y.dtype === dtype && isUsed(graph, y, input));
    for (const [i, y] of floats.entries()) {
      outputs[`d${input.id} ${i}`] = gradients(reduceSum(y), [input])[0];
    }
  }
  return decodeModel(toOnnx(graph, outputs, { dialect }));
}

/** Whether a gradient flows from a result to an input. */
function isUsed(graph: Graph, y: Tensor, input: Tensor): boolean {
  const reached = new Set([input]);
  for (const record of graph.records) {
    if (record.kind === "block" || record.operator.gradient === null) continue;
    if (!record.inputs.some((tensor) => reached.has(tensor))) continue;
    for (const output of record.outputs) if (output.dtype === input.dtype) reached.add(output);
  }
  return y !== input && reached.has(y);
}

describe("nodes carry every attribute that their operator has", () => {
  it("this test knows every operator", async () => {
    const names = await operatorNames();
    expect(names.filter((name) => !(name in uses))).toEqual([]);
  });

  const float32Only = new Set(["erf", "gelu", "gru"]);
  it.each(Object.keys(uses))("%s", (name) => {
    for (const dtype of ["float32", "float64"] as const) {
      if (dtype === "float64" && float32Only.has(name)) continue;
      const standard = modelOf(name, dtype, "standard");
      expectComplete(standard, dtype);
      expect(domains(standard), dtype).toEqual([""]);
      expectComplete(modelOf(name, dtype, "onnxruntime"), dtype);
    }
  });

  const config = {
    kind: "bert4rec",
    numItems: 300,
    embeddingDim: 8,
    numBlocks: 2,
    numHeads: 2,
    maxLength: 10,
    normPlacement: "post",
    hasHead: true,
  } as const;
  const trainable = createNetwork({ config, dropoutRate: 0.2 });

  it("in the graphs of a training step", () => {
    const vector = { dtype: "int32", shape: [6] } as const;
    const slice = {
      tokens: { dtype: "int32", shape: [2, 10] },
      positions: vector,
      targets: vector,
      weights: { dtype: "float32", shape: [6] },
    } as const;
    const gradient = decodeModel(gradientGraph(trainable, [slice, slice]));
    expectComplete(gradient, "gradient");
    expect(domains(gradient)).toEqual(["", "com.microsoft"]);
    const options = { maxGradientNorm: 1, weightDecay: 0.1 };
    expectComplete(decodeModel(updateGraph(trainable, 2, options)), "update");
  });

  const { kind: _, normPlacement: _norms, hasHead: _head, ...shape } = config;
  const age = { name: "age", kind: "numeric", mean: 30, deviation: 10 } as const;
  const sides: SideInformation = {
    ratings: { mean: 3, deviation: 1 },
    users: [age, { name: "gender", kind: "categorical", labels: ["F"] }],
    items: [{ ...age, name: "year" }],
    gaps: true,
    nextGaps: true,
  };
  it.each<NetworkConfig>([
    config,
    { ...config, normPlacement: "pre" },
    { kind: "sasrec", ...shape, feedForwardDim: 16 },
    { kind: "gru4rec", numItems: 300, embeddingDim: 8, maxLength: 10, numLayers: 1 },
    { kind: "sasrec", ...shape, feedForwardDim: 16, sides },
    { kind: "informative-encoder", ...shape, headDim: 8, sides },
  ])("in networks as they ship, standard only, $kind $normPlacement", (networkConfig) => {
    const itemFeatures = new Float32Array(2 * 300);
    const own = createNetwork({ config: networkConfig, dropoutRate: 0, itemFeatures });
    const flat = initializeParameters(own.parameters, 1);
    for (const weights of ["float32", "int8"] as const) {
      const model = decodeModel(networkOnnx(own, flat, { weights }));
      expectComplete(model, weights);
      expect(domains(model)).toEqual([""]);
      expect(model.opsetImport).toEqual([{ domain: "", version: 20 }]);
      expect(sizesOf(model)).toEqual({
        tokens: ["B", "L"],
        ...(own.sides?.ratings && { ratings: ["B", "L", 2] }),
        ...(own.sides?.users && { users: ["B", 3] }),
        ...(own.sides?.gaps && { gaps: ["B", "L"] }),
        ...(own.sides?.nextGaps && { next_gaps: ["B", "L"] }),
        scores: ["B", 300],
        item_vectors: [300, 8],
      });
    }
  });

  it("in the baselines as they ship, standard only", async () => {
    const train = toInteractions(
      [
        [0, 1, 2],
        [2, 1],
        [3, 0, 2],
      ],
      4,
    );
    const fitted = [
      await fitBaseline("popularity", train, {}),
      await fitBaseline("item-knn", train, { numNeighbors: 2, shrinkage: 1, recency: 0.7 }),
      await fitBaseline("markov", train, { smoothing: 1 }),
      await fitBaseline("ease", train, { l2: 2 }),
    ];
    for (const weights of fitted) {
      const model = decodeModel(baselineOnnx(weights));
      expectComplete(model, weights.kind);
      expect(domains(model)).toEqual([""]);
    }
  });
});

describe("docs/operators.md", () => {
  const page = readFileSync(new URL("../docs/operators.md", import.meta.url), "utf8");
  const rows = new Map(
    [...page.matchAll(/^\| `(\w+)` \|.*\| ([^|]*) \|$/gm)].map(([, name, onnx]) => [name, onnx]),
  );

  it("lists every operator, and no other", async () => {
    expect([...rows.keys()].sort()).toEqual((await operatorNames()).sort());
  });

  it.each(Object.keys(uses))("names what %s is written as", (name) => {
    const named = new Set(rows.get(name)?.match(/[A-Z]\w+/g));
    expect(nodeTypes(name).filter((type) => !named.has(type))).toEqual([]);
  });
});

/** Sizes of inputs and outputs: numbers where they are known, else their names. */
function sizesOf({ graph }: DecodedModel): Record<string, (number | string | undefined)[]> {
  return Object.fromEntries(
    [...graph.input, ...graph.output].map(({ name, type }) => [
      name,
      type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam),
    ]),
  );
}
