/**
 * Recommendations for many users at once, from a file to a file.
 */
import { open, rename, rm } from "node:fs/promises";
import { EnvironmentError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";
import { startProgress } from "../common/progress.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import { type RecommendOptions, recommendMany, type Viewer } from "../models/recommend.ts";
import { createJsonWriter } from "./format-recommendations.ts";
import { readHistories, type UserHistory } from "./read-histories.ts";

/** What was done. */
export interface FileSummary {
  readonly users: number;
  /** Items of histories that the model does not know; they were left out. */
  readonly unknownItems: number;
  readonly usersWithUnknownItems: number;
}

/** So many are scored at once: enough to keep the cores busy, few enough for any memory. */
const USERS_PER_BATCH = 256;

/**
 * Reads the whole file before the first recommendation, so that a wrong line is told at once, and
 * gives the result its name at the end, so that it is whole or not there.
 * @throws InputError when the file is missing or a line is wrong.
 * @throws EnvironmentError when the disk refuses.
 */
export async function recommendToFile(
  model: LoadedModel,
  path: string,
  out: string,
  options: RecommendOptions,
): Promise<FileSummary> {
  const users = await readHistories(path);
  const known = users.map((user) => knownPart(model, user));
  const missing = users.map(({ items }, u) => items.length - known[u].items.length);
  const toJson = createJsonWriter(model.catalog);
  await writeLines(out, users, async (start, end) => {
    const lists = await recommendMany(model, known.slice(start, end), options);
    return users
      .slice(start, end)
      .map(({ userId }, u) => ({ userId, recommendations: lists[u].map(toJson) }));
  });
  return {
    users: users.length,
    unknownItems: missing.reduce((sum, count) => sum + count, 0),
    usersWithUnknownItems: missing.filter((count) => count > 0).length,
  };
}

/** What of a history the model knows. */
function knownPart(model: LoadedModel, { items, ratings, times, time, user }: UserHistory): Viewer {
  const isKnown = items.map((itemId) => model.itemIndexOf(itemId) !== undefined);
  return {
    items: items.filter((_, i) => isKnown[i]),
    ratings: ratings?.filter((_, i) => isKnown[i]),
    times: times?.filter((_, i) => isKnown[i]),
    time,
    user,
  };
}

/** Writes one JSON object a line; `answer` gives those of the users from `start` to `end - 1`. */
async function writeLines(
  out: string,
  users: readonly UserHistory[],
  answer: (start: number, end: number) => Promise<readonly object[]>,
): Promise<void> {
  const temporary = `${out}.${process.pid}.partial`;
  const refuse = (error: unknown): never => {
    throw new EnvironmentError(describeWriteFailure(out, error), { cause: error });
  };
  const progress = startProgress("recommending", users.length, "users");
  const file = await open(temporary, "w").catch(refuse);
  try {
    for (let start = 0; start < users.length; start += USERS_PER_BATCH) {
      const end = Math.min(start + USERS_PER_BATCH, users.length);
      const lines = (await answer(start, end)).map((line) => `${JSON.stringify(line)}\n`);
      await file.appendFile(lines.join("")).catch(refuse);
      progress.update(end);
    }
    await file.sync().catch(refuse);
    await rename(temporary, out).catch(refuse);
  } finally {
    progress.stop();
    await file.close();
    await rm(temporary, { force: true });
  }
}
