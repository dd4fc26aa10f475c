import { describe, expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import type { Session, Value } from "../runtime/session.ts";
import { createOnnxRecommender, type OnnxModel } from "./onnx-recommender.ts";

const NUM_ITEMS = 5;

/** Gives the last token of each row as every score, and keeps what it was fed. */
function recordingSession(fed: Value[]): Session {
  return {
    inputNames: ["tokens"],
    outputNames: ["scores"],
    run: async ({ tokens }) => {
      fed.push(tokens);
      const [batch, length] = tokens.shape;
      const data = Float32Array.from(
        { length: batch * NUM_ITEMS },
        (_, i) => tokens.data[Math.floor(i / NUM_ITEMS) * length + length - 1] as number,
      );
      return { scores: { dtype: "float32", shape: [batch, NUM_ITEMS], data } };
    },
    dispose: async () => {},
  };
}

async function feed(input: OnnxModel["input"], histories: number[][]): Promise<Value[]> {
  const fed: Value[] = [];
  const model = { name: "m", numItems: NUM_ITEMS, input };
  const recommender = createOnnxRecommender(recordingSession(fed), model);
  await recommender.score(histories.map((items) => ({ items })));
  return fed;
}

describe("tokens of histories", () => {
  test("items count from 1, padding comes first, the mask last", async () => {
    const [{ shape, data }] = await feed({ maxLength: 10, appendsMask: true }, [[0, 4], [2], []]);
    expect(shape).toEqual([3, 3]);
    expect([...data]).toEqual([1, 5, 6, 0, 3, 6, 0, 0, 6]);
  });

  test("of a long history the newest items are kept, and the mask has its place", async () => {
    const [{ shape, data }] = await feed({ maxLength: 3, appendsMask: true }, [[0, 1, 2, 3]]);
    expect(shape).toEqual([1, 3]);
    expect([...data]).toEqual([3, 4, 6]);
  });

  test("a model without mask and limit reads all; nothing seen is one padding", async () => {
    const [{ shape, data }] = await feed({ maxLength: null, appendsMask: false }, [[], [1, 1]]);
    expect(shape).toEqual([2, 2]);
    expect([...data]).toEqual([0, 0, 2, 2]);
    const [empty] = await feed({ maxLength: null, appendsMask: false }, [[]]);
    expect([empty.shape, ...empty.data]).toEqual([[1, 1], 0]);
  });
});

test("large batches run in parts, and the scores come in the order of the histories", async () => {
  const fed: Value[] = [];
  const input = { maxLength: null, appendsMask: false };
  const model = { name: "m", numItems: NUM_ITEMS, input };
  const recommender = createOnnxRecommender(recordingSession(fed), model);
  const histories = Array.from({ length: 40 }, (_, u) => ({
    items: new Array(1 + ((u * 97) % 1000)).fill(u % NUM_ITEMS),
  }));
  const scores = await recommender.score(histories);
  expect(fed.length).toBeGreaterThan(1);
  expect(fed.every(({ shape }) => shape[0] * shape[1] <= 16_384)).toBe(true);
  const expected = histories.flatMap((_, u) => new Array(NUM_ITEMS).fill(1 + (u % NUM_ITEMS)));
  expect([...scores]).toEqual(expected);
});

test("an item that the model does not have is refused before anything runs", async () => {
  const fed: Value[] = [];
  const model = { name: "m", numItems: 5, input: { maxLength: 9, appendsMask: true } };
  const recommender = createOnnxRecommender(recordingSession(fed), model);
  await expect(recommender.score([{ items: [0, 5] }])).rejects.toThrow(InputError);
  expect(fed).toEqual([]);
});
