import { expect, test } from "vitest";
import { toInteractions, toLeaveOneOut } from "../../test/random-interactions.ts";
import { NO_FEATURES } from "../data/features/feature-set.ts";
import { createRandomRecommender } from "../models/random.ts";
import { describeTask, keepAmong, measureTask } from "./measure-task.ts";
import type { Among, Task } from "./reproduction.ts";

const interactions = {
  ...toInteractions(
    [
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 0],
      [3, 0, 1],
    ],
    5,
  ),
  userIds: ["7", "8", "9", "10"],
  // The targets of the first and the last user have the second of the film before them.
  timestamps: Float64Array.of(1, 2, 2, 1, 2, 3, 1, 2, 3, 1, 2, 2),
};
const split = toLeaveOneOut(interactions);
const full = { kind: "next-item", protocol: "full" } as const;

async function measure(task: Task) {
  const knowledge = { features: NO_FEATURES };
  return keepAmong(
    await measureTask(createRandomRecommender(5), split, task, knowledge),
    split,
    task,
  );
}

test.each<{ among: Among; users: number[]; words: string }>([
  {
    among: { kind: "users", range: [8, 9] },
    users: [1, 2],
    words: "only users 8 to 9",
  },
  {
    among: { kind: "tie", name: "tied" },
    users: [0, 3],
    words: "only targets that are tied with the film before",
  },
  {
    among: { kind: "tie", name: "not tied" },
    users: [1, 2],
    words: "only targets that are not tied with the film before",
  },
])("of all cases those of $words are kept", async ({ among, users, words }) => {
  const all = await measure(full);
  const some = await measure({ ...full, among });
  expect([...some.userIndices]).toEqual(users);
  for (const [c, user] of users.entries()) {
    expect(some.targets[c]).toEqual(all.targets[user]);
    expect(some.values["ndcg@10"][c]).toBe(all.values["ndcg@10"][user]);
    expect(some.lists.slice(10 * c, 10 * c + 10)).toEqual(
      all.lists.slice(10 * user, 10 * user + 10),
    );
  }
  expect(describeTask(split, { ...full, among })).toContain(words);
});

test("a task may shuffle the histories, and says so", () => {
  expect(describeTask(split, { ...full, historyOrder: "shuffled" })).toContain("SHUFFLED");
});
