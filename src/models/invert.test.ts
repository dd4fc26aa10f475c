import { afterAll, beforeAll, expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { createInverter, type Inverter } from "./invert.ts";

let inverter: Inverter;
beforeAll(async () => {
  inverter = await createInverter(await loadRuntime());
});
afterAll(() => inverter.dispose());

/** `X^T X + I` of a random `X`: positive definite. */
function randomPositiveDefinite(size: number): Float64Array {
  const random = createRandom(1, "invert", size);
  const x = Float64Array.from({ length: size * size }, () => random.nextNormal());
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < size; k++) sum += x[k * size + i] * x[k * size + j];
      matrix[i * size + j] = sum;
    }
  }
  return matrix;
}

// One leaf, its limit, just beyond, and uneven halves of halves.
test.each([1, 2, 64, 65, 131, 300])("a matrix of %i times its inverse is 1", async (size) => {
  const matrix = randomPositiveDefinite(size);
  const inverse = matrix.slice();
  await inverter.invert(inverse, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += matrix[i * size + k] * inverse[k * size + j];
      if (Math.abs(sum - (i === j ? 1 : 0)) > 1e-8) {
        expect.fail(`row ${i}, column ${j} of the product is ${sum}`);
      }
    }
  }
});

test("the same matrix gives the same bits", async () => {
  const [first, second] = [randomPositiveDefinite(200), randomPositiveDefinite(200)];
  await inverter.invert(first, 200);
  await inverter.invert(second, 200);
  expect(first).toEqual(second);
});

test("a matrix that is not positive definite is refused", async () => {
  const matrix = Float64Array.of(1, 2, 2, 1);
  await expect(inverter.invert(matrix, 2)).rejects.toThrow(InputError);
});
