/**
 * A graph as an ONNX model: only what the outputs need, in an order that can be run.
 */
import { type DType, toTypedArray } from "../common/dtype.ts";
import { InternalError } from "../common/errors.ts";
import { encodeModel } from "../onnx/encode.ts";
import type { OnnxNode, OnnxTensor } from "../onnx/model.ts";
import type { Graph, NodeRecord, Tensor } from "./graph.ts";
import type { Dialect, Emitter } from "./operator.ts";

export interface ToOnnxOptions {
  /** Default: "standard". */
  readonly dialect?: Dialect;
  /** Free text kept in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * @param outputs - what the model returns, by name.
 * @returns the bytes of a `.onnx` file. Inputs that no output needs are left out.
 */
export function toOnnx(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  options: ToOnnxOptions = {},
): Uint8Array {
  const { dialect = "standard", metadata = {} } = options;
  for (const { name } of graph.inputs) {
    if (outputs[name]) throw new InternalError(`toOnnx: ${name} names an input and an output`);
  }
  const needed = neededRecords(graph, Object.values(outputs));
  const used = new Set([...needed.flatMap((record) => record.inputs), ...Object.values(outputs)]);
  const names = nameTensors(graph);
  const writer = createWriter(dialect);
  for (const { tensor, values, name } of graph.constants) {
    if (!used.has(tensor)) continue;
    const shape = tensor.shape as number[];
    if (name !== undefined && outputs[name]) {
      throw new InternalError(`toOnnx: ${name} names a constant and an output`);
    }
    if (name === undefined) names.set(tensor, writer.constant(tensor.dtype, shape, values));
    else {
      const bytes = toBytes(tensor.dtype, values);
      writer.initializers.push({ name, dtype: tensor.dtype, shape, bytes });
      names.set(tensor, name);
    }
  }
  for (const [name, tensor] of Object.entries(outputs)) {
    if (!names.has(tensor)) names.set(tensor, name);
  }
  const nameOf = (tensor: Tensor): string => names.get(tensor) ?? `#${tensor.id}`;
  for (const record of needed) emitRecord(record, writer, nameOf, used);
  for (const [name, tensor] of Object.entries(outputs)) {
    // An input, a constant, or a value with two names: only these need a copy.
    if (nameOf(tensor) !== name) {
      writer.node("Identity", [nameOf(tensor)], {}, { outputs: [name] });
    }
  }
  return encodeModel({
    graphName: "usher",
    inputs: graph.inputs
      .filter((input) => used.has(input.tensor))
      .map(({ name, tensor }) => ({ name, dtype: tensor.dtype, shape: tensor.shape })),
    outputs: Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    initializers: writer.initializers,
    nodes: writer.nodes,
    metadata,
  });
}

function neededRecords(graph: Graph, outputs: readonly Tensor[]): NodeRecord[] {
  const needed = new Set(outputs);
  const records: NodeRecord[] = [];
  for (const record of graph.records.slice().reverse()) {
    if (record.kind !== "node" || !record.outputs.some((output) => needed.has(output))) continue;
    for (const input of record.inputs) needed.add(input);
    records.push(record);
  }
  return records.reverse();
}

function nameTensors(graph: Graph): Map<Tensor, string> {
  return new Map(graph.inputs.map(({ name, tensor }) => [tensor, name]));
}

function emitRecord(
  record: NodeRecord,
  writer: Writer,
  nameOf: (tensor: Tensor) => string,
  used: ReadonlySet<Tensor>,
): void {
  const { operator, inputs, attributes, outputs, scope } = record;
  writer.prefix = `${scope === "" ? "" : `${scope}/`}${operator.name}`;
  const inputNames = inputs.map(nameOf);
  const outputNames = outputs.map(nameOf);
  const isUsed = outputs.map((output) => used.has(output));
  operator.emit({ inputs, attributes, outputs, inputNames, outputNames, isUsed }, writer);
}

interface Writer extends Emitter {
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
  /** What the names of the next nodes start with. */
  prefix: string;
}

function createWriter(dialect: Dialect): Writer {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const constants = new Map<string, string>();
  const writer: Writer = {
    dialect,
    nodes,
    initializers,
    prefix: "",
    node: (opType, inputs, attributes = {}, { outputs, domain = "" } = {}) => {
      const name = `${writer.prefix}/${opType}_${nodes.length}`;
      const written = outputs ?? [`${name}:0`];
      nodes.push({ name, opType, domain, inputs, outputs: written, attributes });
      return written[0];
    },
    constant: (dtype, shape, values) => {
      const bytes = toBytes(dtype, values);
      // Small ones recur (axes, shapes, factors); comparing large ones would cost more than it saves.
      const key =
        bytes.length <= 64
          ? `${dtype} ${shape.join()}: ${bytes.join()}`
          : `#${initializers.length}`;
      let name = constants.get(key);
      if (name === undefined) {
        name = `#constant${initializers.length}`;
        constants.set(key, name);
        initializers.push({ name, dtype, shape, bytes });
      }
      return name;
    },
  };
  return writer;
}

function toBytes(dtype: DType, values: ArrayLike<number>): Uint8Array {
  const array = toTypedArray(dtype, values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
