/**
 * A computation written down before it runs: symbolic tensors, the operators between them, and
 * what autodiff and the ONNX writer need to know of each.
 */
import { type DType, isFloat } from "../common/dtype.ts";
import { InternalError } from "../common/errors.ts";
import type { Dim } from "../onnx/model.ts";
import type { Operator } from "./operator.ts";

/** The value an operator will produce: its type is known, its numbers are not. */
export interface Tensor {
  readonly graph: Graph;
  /** Unique in its graph; also the order in which tensors came to be. */
  readonly id: number;
  readonly dtype: DType;
  /** Sizes; a name instead of a number is settled when the graph runs. */
  readonly shape: readonly Dim[];
}

/** What an operator says of an output before it exists. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** One use of an operator. */
export interface NodeRecord {
  readonly kind: "node";
  readonly operator: Operator<unknown>;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly outputs: readonly Tensor[];
  /** Where in the model it stands, e.g. "block0/attention". */
  readonly scope: string;
}

/** Several nodes that autodiff sees as one, with a gradient written by hand. */
export interface BlockRecord {
  readonly kind: "block";
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Where in the model it stands. */
  readonly scope: string;
  readonly gradient: (outputGradient: Tensor, output: Tensor) => readonly (Tensor | null)[];
}

export interface GraphInput {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface GraphConstant {
  readonly tensor: Tensor;
  readonly values: ArrayLike<number>;
  /** What it is called in a file, where it is to be found again. */
  readonly name: string | undefined;
}

export class Graph {
  readonly inputs: GraphInput[] = [];
  readonly constants: GraphConstant[] = [];
  /** Nodes and blocks in the order they were made: inputs always come before. */
  readonly records: (NodeRecord | BlockRecord)[] = [];
  readonly #scalars = new Map<string, Tensor>();
  #numTensors = 0;
  #scope = "";

  /** A value that whoever runs the graph supplies. */
  input(name: string, dtype: DType, shape: readonly Dim[]): Tensor {
    if (this.inputs.some((input) => input.name === name)) {
      throw new InternalError(`graph has two inputs named ${name}`);
    }
    const tensor = this.#create({ dtype, shape });
    this.inputs.push({ name, tensor });
    return tensor;
  }

  /**
   * A value fixed when the graph is built, row-major.
   * @param name - what a file calls it, unique in the graph. Default: a number.
   */
  constant(
    dtype: DType,
    shape: readonly number[],
    values: ArrayLike<number>,
    name?: string,
  ): Tensor {
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (values.length !== size) {
      throw new InternalError(
        `constant of shape [${shape}] needs ${size} values, got ${values.length}`,
      );
    }
    const tensor = this.#create({ dtype, shape });
    this.constants.push({ tensor, values, name });
    return tensor;
  }

  /** A constant of shape `[]`; equal ones are shared. */
  scalar(dtype: DType, value: number): Tensor {
    const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
    let tensor = this.#scalars.get(key);
    if (!tensor) {
      tensor = this.constant(dtype, [], [value]);
      this.#scalars.set(key, tensor);
    }
    return tensor;
  }

  /** Adds one use of an operator; the operator checks its inputs. */
  apply<A>(operator: Operator<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    for (const input of inputs) {
      if (input.graph !== this) throw new InternalError(`${operator.name}: input of another graph`);
    }
    const outputs = operator.infer(inputs, attributes).map((type) => this.#create(type));
    const record = { kind: "node", operator, inputs, attributes, outputs, scope: this.#scope };
    this.records.push(record as NodeRecord);
    return outputs;
  }

  /**
   * Computes `forward()` and lets autodiff use `gradient` for it instead of looking inside.
   * @param inputs - everything the output depends on that may need a gradient.
   * @param gradient - from the output's gradient to one for each input, or null for none.
   */
  block(
    inputs: readonly Tensor[],
    forward: () => Tensor,
    gradient: BlockRecord["gradient"],
  ): Tensor {
    const output = forward();
    this.records.push({ kind: "block", inputs, output, scope: this.#scope, gradient });
    return output;
  }

  /** Names the nodes made inside `build`, so that profiles and viewers can be read; "" adds nothing. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = [outer, name].filter((part) => part !== "").join("/");
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  #create(type: TensorType): Tensor {
    const { dtype, shape } = type;
    return { graph: this, id: this.#numTensors++, dtype, shape };
  }
}

/** A tensor of the same graph and element type as `like`, for an argument that may be a number. */
export function toTensor(value: Tensor | number, like: Tensor): Tensor {
  return typeof value === "number" ? like.graph.scalar(like.dtype, value) : value;
}

/** Whether gradients can flow through this element type. */
export function isDifferentiable(tensor: Tensor): boolean {
  return isFloat(tensor.dtype);
}
