/**
 * A recommender out of a compiled graph: histories become tokens in batches, tokens become scores.
 */
import type { Session } from "../runtime/session.ts";
import type { ModelManifest } from "./bundle-format.ts";
import { historyInputs, sequenceLength } from "./history-inputs.ts";
import type { History, Recommender } from "./recommender.ts";
import { requireKnownItems } from "./score-rows.ts";

/** The name of the graph's output, part of the bundle format. */
export const SCORES_OUTPUT = "scores";

/** What a network compares histories with, one row for each item: `[N, D]`. Baselines have none. */
export const ITEM_VECTORS_OUTPUT = "item_vectors";

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
        const length = Math.max(...batch.map((history) => sequenceLength(history, input)));
        const inputs = historyInputs(batch, [batch.length, length], input, numItems);
        const outputs = await session.run(inputs, {}, [SCORES_OUTPUT]);
        scores.set(outputs[SCORES_OUTPUT].data as Float32Array, done * numItems);
        done += batch.length;
      }
      return scores;
    },
    dispose: () => session.dispose(),
  };
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
