/**
 * A recommender out of a compiled graph: histories become tokens in batches, tokens become scores.
 */
import { maskToken, PADDING, toToken } from "../data/tokens.ts";
import type { Session, Value } from "../runtime/session.ts";
import type { ModelManifest } from "./bundle-format.ts";
import type { History, Recommender } from "./recommender.ts";
import { requireKnownItems } from "./score-rows.ts";

/** The names of the graph's input and output, part of the bundle format. */
export const TOKENS_INPUT = "tokens";
export const SCORES_OUTPUT = "scores";

/** More tokens than these are scored in several runs, so that memory does not grow with the batch. */
const TOKENS_PER_RUN = 16_384;

/** What a recommender must know of its graph. */
export type OnnxModel = Pick<ModelManifest, "name" | "numItems" | "input">;

/** The recommender owns the session: it is disposed of with it. */
export function createOnnxRecommender(session: Session, model: OnnxModel): Recommender {
  const { name, numItems, input } = model;
  return {
    name,
    numItems,
    score: async (histories) => {
      for (const { items } of histories) requireKnownItems(name, items, numItems);
      const scores = new Float32Array(histories.length * numItems); // [B, N]
      let done = 0;
      for (const batch of splitIntoRuns(histories, input)) {
        const tokens = toTokens(batch, input, numItems);
        const outputs = await session.run({ [TOKENS_INPUT]: tokens });
        scores.set(outputs[SCORES_OUTPUT].data as Float32Array, done * numItems);
        done += batch.length;
      }
      return scores;
    },
    dispose: () => session.dispose(),
  };
}

/** How many tokens a history becomes; a graph reads one at least. */
function sequenceLength(
  { items }: History,
  { maxLength, appendsMask }: OnnxModel["input"],
): number {
  const length = Math.max(1, items.length + (appendsMask ? 1 : 0));
  return maxLength === null ? length : Math.min(length, maxLength);
}

function* splitIntoRuns(
  histories: readonly History[],
  input: OnnxModel["input"],
): Generator<readonly History[]> {
  let start = 0;
  let longest = 0;
  for (const [index, history] of histories.entries()) {
    const length = Math.max(longest, sequenceLength(history, input));
    if (index > start && (index + 1 - start) * length > TOKENS_PER_RUN) {
      yield histories.slice(start, index);
      start = index;
      longest = sequenceLength(history, input);
    } else {
      longest = length;
    }
  }
  if (start < histories.length) yield histories.slice(start);
}

/** int32 `[B, L]`, padding first; of a history that is too long the newest items. */
function toTokens(
  histories: readonly History[],
  input: OnnxModel["input"],
  numItems: number,
): Value {
  const lengths = histories.map((history) => sequenceLength(history, input));
  const length = Math.max(...lengths);
  const tokens = new Int32Array(histories.length * length).fill(PADDING);
  for (const [row, { items }] of histories.entries()) {
    let at = (row + 1) * length;
    if (input.appendsMask) tokens[--at] = maskToken(numItems);
    const start = row * length;
    for (let i = items.length - 1; i >= 0 && at > start; i--) tokens[--at] = toToken(items[i]);
  }
  return { dtype: "int32", shape: [histories.length, length], data: tokens };
}
