/**
 * Operators that go along a sequence step by step.
 */
import { InternalError } from "../../common/errors.ts";
import type { Tensor } from "../graph.ts";
import type { Operator } from "../operator.ts";
import { expectDType, expectSameDType, formatShape, sameShape, staticShape } from "../shape.ts";
import { add, mul, sigmoid, sub, tanh } from "./elementwise.ts";
import { matmul } from "./linear-algebra.ts";
import { concat, pad, reshape, slice, split } from "./movement.ts";
import { reduceSum } from "./sum.ts";

const gruOperator: Operator<Record<string, never>> = {
  name: "gru",
  infer: ([x, inputWeight, stateWeight, biases]) => {
    expectDType("gru", x, "float32");
    expectSameDType("gru", [x, inputWeight, stateWeight, biases]);
    const [length, batch, inputDim] = x.shape;
    const [hidden] = staticShape(stateWeight.shape.slice(-1));
    const fits =
      x.shape.length === 3 &&
      sameShape(inputWeight.shape, [3 * hidden, inputDim]) &&
      sameShape(stateWeight.shape, [3 * hidden, hidden]) &&
      sameShape(biases.shape, [2, 3 * hidden]);
    if (!fits) {
      const got = [x, inputWeight, stateWeight, biases].map(({ shape }) => formatShape(shape));
      throw new InternalError(
        `gru: expected [L, B, I], [3H, I], [3H, H] and [2, 3H], got ${got.join(", ")}`,
      );
    }
    return [{ dtype: x.dtype, shape: [length, batch, hidden] }];
  },
  gradient: ({ inputs, outputs: [states], outputGradients: [dStates] }) =>
    dStates ? gruGradients(inputs, states, dStates) : inputs.map(() => null),
  emit: ({ outputs: [states], inputNames, outputNames }, emitter) => {
    const [x, ...parameters] = inputNames;
    const axes = (...values: number[]): string =>
      emitter.constant("int64", [values.length], values);
    const [hidden] = staticShape(states.shape.slice(-1));
    const [inputWeight, stateWeight] = parameters.map((name) =>
      emitter.node("Unsqueeze", [name, axes(0)]),
    );
    const biases = emitter.node("Reshape", [parameters[2], axes(1, 6 * hidden)], {
      allowzero: { int: 0 },
    });
    // The other attributes are left out: they have no value that says "none".
    const options = {
      direction: { string: "forward" },
      hidden_size: { int: hidden },
      layout: { int: 0 },
      linear_before_reset: { int: 1 },
      activations: { strings: ["Sigmoid", "Tanh"] },
    };
    const all = emitter.node("GRU", [x, inputWeight, stateWeight, biases], options);
    emitter.node("Squeeze", [all, axes(1)], {}, { outputs: outputNames });
  },
};

/**
 * A gated recurrent unit (Cho et al. 2014), in the form of cuDNN and PyTorch, from a state of zeros:
 *
 *   z = sigmoid(x Wz + h Uz + bz)    r = sigmoid(x Wr + h Ur + br)
 *   n = tanh(x Wn + bn + r * (h Un + cn))    h' = (1 - z) * n + z * h
 *
 * The gates are in ONNX's order: z, r, n.
 *
 * @param x - `[L, B, I]`
 * @param inputWeight - `[3H, I]`, transposed as in ONNX.
 * @param stateWeight - `[3H, H]`
 * @param biases - added beside the inputs and beside the state: `[2, 3H]`
 * @returns the state after each step: `[L, B, H]`
 */
export function gru(x: Tensor, inputWeight: Tensor, stateWeight: Tensor, biases: Tensor): Tensor {
  return x.graph.apply(gruOperator, [x, inputWeight, stateWeight, biases], {})[0];
}

/**
 * With all states known, the gates of all steps are worked out at once; only the gradient of the
 * state goes back step by step.
 */
function gruGradients(
  [x, inputWeight, stateWeight, biases]: readonly Tensor[],
  states: Tensor,
  dStates: Tensor,
): Tensor[] {
  const [length, batch, inputDim] = staticShape(x.shape);
  const hidden = staticShape(states.shape)[2];
  const numRows = length * batch;
  const rowsOf = (tensor: Tensor): Tensor =>
    reshape(tensor, [numRows, staticShape(tensor.shape)[2]]);
  const before = rowsOf(
    length === 1 ? mul(states, 0) : pad(slice(states, 0, 0, length - 1), 0, 1, 0),
  );
  const gates = gatesOf(rowsOf(x), before, inputWeight, stateWeight, biases, hidden);
  const { z, r, n, fromState } = gates;
  const oneMinus = (y: Tensor): Tensor => sub(1, y);
  // What the gradient of a state is multiplied by to be that of each gate's sum.
  const toZ = mul(sub(before, n), mul(z, oneMinus(z)));
  const toN = mul(oneMinus(z), oneMinus(mul(n, n)));
  const toR = mul(mul(toN, fromState), mul(r, oneMinus(r)));
  const factors = reshape(concat([toZ, toR, mul(toN, r)], 1), [length, batch, 3, hidden]);

  const perStep = (tensor: Tensor): readonly Tensor[] =>
    split(tensor, 0, new Array(length).fill(1));
  const [dStep, zStep, factorStep] = [
    perStep(dStates),
    perStep(reshape(z, [length, batch, hidden])),
    perStep(factors),
  ];
  const total = new Array<Tensor>(length);
  let carried: Tensor | null = null;
  for (let t = length - 1; t >= 0; t--) {
    const own = reshape(dStep[t], [batch, hidden]);
    total[t] = carried ? add(own, carried) : own;
    if (t === 0) break;
    const spread = mul(
      reshape(total[t], [batch, 1, hidden]),
      reshape(factorStep[t], [batch, 3, hidden]),
    );
    const through = matmul(reshape(spread, [batch, 3 * hidden]), stateWeight);
    carried = add(mul(total[t], reshape(zStep[t], [batch, hidden])), through);
  }
  const dRows = concat(total, 0); // [L B, H]
  const dGates = mul(reshape(dRows, [numRows, 1, hidden]), reshape(factors, [numRows, 3, hidden]));
  const dFromState = reshape(dGates, [numRows, 3 * hidden]);
  const dFromInput = concat([slice(dFromState, 1, 0, 2 * hidden), mul(dRows, toN)], 1);
  const dBiases = [dFromInput, dFromState].map((d) => reduceSum(d, [0], true));
  return [
    reshape(matmul(dFromInput, inputWeight), [length, batch, inputDim]),
    matmul(dFromInput, rowsOf(x), { transposeA: true }),
    matmul(dFromState, before, { transposeA: true }),
    concat(dBiases, 0),
  ];
}

/** Of every step, from its input and the state before it: `[L B, H]` each. */
function gatesOf(
  inputs: Tensor,
  before: Tensor,
  inputWeight: Tensor,
  stateWeight: Tensor,
  biases: Tensor,
  hidden: number,
): Record<"z" | "r" | "n" | "fromState", Tensor> {
  const [inputBias, stateBias] = split(biases, 0, [1, 1]);
  const parts = (rows: Tensor, weight: Tensor, bias: Tensor): readonly Tensor[] =>
    split(add(matmul(rows, weight, { transposeB: true }), bias), 1, [hidden, hidden, hidden]);
  const [xz, xr, xn] = parts(inputs, inputWeight, inputBias);
  const [hz, hr, fromState] = parts(before, stateWeight, stateBias);
  const z = sigmoid(add(xz, hz));
  const r = sigmoid(add(xr, hr));
  return { z, r, n: tanh(add(xn, mul(r, fromState))), fromState };
}
