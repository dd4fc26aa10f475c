/**
 * The inverse of a large symmetric positive definite matrix, in float64.
 *
 * Blockwise, by the Schur complement: for `M = [[A, C^T], [C, D]]`, `W = C A^-1`, `S = D - W C^T`,
 * `M^-1 = [[A^-1 + W^T S^-1 W, -W^T S^-1], [-S^-1 W, S^-1]]`, where the two inverses on the right
 * are found in the same way. Nearly all of the work is products of large blocks, which ONNX Runtime
 * does much faster than TypeScript, with results that do not depend on its threads.
 */
import { InputError } from "../common/errors.ts";
import { encodeModel } from "../onnx/encode.ts";
import type { OnnxModel } from "../onnx/model.ts";
import type { Runtime, Session } from "../runtime/session.ts";

/** Blocks up to this size are inverted in TypeScript: a product would take less than its call. */
const LEAF_SIZE = 64;

/** A matrix, row-major: `[rows, columns]`. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Holds compiled products. Whoever creates it disposes of it. */
export interface Inverter {
  /**
   * Overwrites a symmetric positive definite matrix by its inverse.
   * @param matrix - `[size, size]`.
   * @throws InputError when it is not positive definite.
   */
  invert(matrix: Float64Array, size: number): Promise<void>;
  dispose(): Promise<void>;
}

export async function createInverter(runtime: Runtime): Promise<Inverter> {
  const create = (model: OnnxModel): Promise<Session> => runtime.createSession(encodeModel(model));
  const products: Products = {
    multiply: await create(productModel({ transA: 0, transB: 0, alpha: 1, beta: 0 })),
    subtractABt: await create(productModel({ transA: 0, transB: 1, alpha: -1, beta: 1 })),
    addAtB: await create(productModel({ transA: 1, transB: 0, alpha: 1, beta: 1 })),
  };
  return {
    invert: (data, size) => invertInPlace(products, { rows: size, columns: size, data }),
    dispose: async () => {
      for (const session of Object.values(products)) await session.dispose();
    },
  };
}

/** Compiled forms of `alpha A B + beta C`, with `A` or `B` transposed. */
interface Products {
  readonly multiply: Session;
  readonly subtractABt: Session;
  readonly addAtB: Session;
}

interface GemmAttributes {
  readonly transA: 0 | 1;
  readonly transB: 0 | 1;
  readonly alpha: number;
  readonly beta: 0 | 1;
}

/** One standard Gemm node over matrices of any size; without `C` where `beta` is 0. */
function productModel({ transA, transB, alpha, beta }: GemmAttributes): OnnxModel {
  const names = beta === 0 ? ["a", "b"] : ["a", "b", "c"];
  return {
    graphName: "product",
    inputs: names.map((name) => ({ name, dtype: "float64", shape: [`${name}0`, `${name}1`] })),
    outputs: [{ name: "y", dtype: "float64", shape: ["y0", "y1"] }],
    initializers: [],
    nodes: [
      {
        name: "product",
        opType: "Gemm",
        domain: "",
        inputs: names,
        outputs: ["y"],
        attributes: {
          transA: { int: transA },
          transB: { int: transB },
          alpha: { float: alpha },
          beta: { float: beta },
        },
      },
    ],
    metadata: {},
  };
}

async function product(session: Session, ...inputs: Matrix[]): Promise<Matrix> {
  const feeds = inputs.map(({ rows, columns, data }, i) => [
    session.inputNames[i],
    { dtype: "float64", shape: [rows, columns], data },
  ]);
  const { y } = await session.run(Object.fromEntries(feeds));
  return { rows: y.shape[0], columns: y.shape[1], data: y.data as Float64Array };
}

async function invertInPlace(products: Products, matrix: Matrix): Promise<void> {
  const size = matrix.rows;
  if (size <= LEAF_SIZE) return invertLeaf(matrix.data, size);
  const half = size >>> 1;
  const a = copyBlock(matrix, 0, half, 0, half);
  await invertInPlace(products, a);
  const c = copyBlock(matrix, half, size, 0, half);
  const w = await product(products.multiply, c, a);
  const d = copyBlock(matrix, half, size, half, size);
  const s = await product(products.subtractABt, w, c, d);
  await invertInPlace(products, s);
  const v = await product(products.multiply, s, w); // S^-1 W
  const topLeft = await product(products.addAtB, w, v, a);
  pasteBlock(matrix, topLeft, 0, 0);
  pasteBlock(matrix, s, half, half);
  for (let i = half; i < size; i++) {
    for (let j = 0; j < half; j++) {
      const value = -v.data[(i - half) * half + j];
      matrix.data[i * size + j] = value;
      matrix.data[j * size + i] = value;
    }
  }
}

function copyBlock(from: Matrix, top: number, bottom: number, left: number, right: number): Matrix {
  const columns = right - left;
  const data = new Float64Array((bottom - top) * columns);
  for (let i = top; i < bottom; i++) {
    const start = i * from.columns;
    data.set(from.data.subarray(start + left, start + right), (i - top) * columns);
  }
  return { rows: bottom - top, columns, data };
}

function pasteBlock(to: Matrix, block: Matrix, top: number, left: number): void {
  for (let i = 0; i < block.rows; i++) {
    const row = block.data.subarray(i * block.columns, (i + 1) * block.columns);
    to.data.set(row, (top + i) * to.columns + left);
  }
}

/** Gauss-Jordan elimination without exchanges, which positive definite matrices do not need. */
function invertLeaf(data: Float64Array, size: number): void {
  for (let k = 0; k < size; k++) {
    const pivot = data[k * size + k];
    if (!(pivot > 0)) {
      throw new InputError(
        `invert: the matrix is not positive definite, it has a pivot of ${pivot}`,
      );
    }
    data[k * size + k] = 1;
    for (let j = 0; j < size; j++) data[k * size + j] /= pivot;
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = data[i * size + k];
      data[i * size + k] = 0;
      for (let j = 0; j < size; j++) data[i * size + j] -= factor * data[k * size + j];
    }
  }
}
