/**
 * `usher recommend TITLE...`: films for someone who has watched some. Imports neither DuckDB nor
 * training code: it is what most people run, and what they wait for.
 */
import type { Command } from "commander";
import { InputError } from "../common/errors.ts";
import { loadModel } from "../models/bundle.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import { type RecommendOptions, recommend } from "../models/recommend.ts";
import { compileWasmOnce } from "./compile-wasm-once.ts";
import {
  addFilterFlags,
  addRerankFlags,
  type FilterFlags,
  type RerankFlags,
  toFilterOptions,
  toRerankOptions,
} from "./filter-flags.ts";
import { addExamples, wholeNumber } from "./flags.ts";
import { formatRecommendations, type Listing, toJsonReply } from "./format-recommendations.ts";
import { readHistory } from "./read-history.ts";
import { addViewerFlags, toViewer, type ViewerFlags } from "./viewer-flags.ts";

interface Flags extends FilterFlags, RerankFlags, ViewerFlags {
  readonly id?: readonly string[];
  readonly k: number;
  readonly model?: string;
  readonly why?: boolean;
  readonly histories?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds `recommend` to the program. */
export function registerRecommend(program: Command): void {
  const command = program
    .command("recommend")
    .description(
      "Recommend films to someone who has watched some, named from the oldest to the newest. A year " +
        "tells films of one title apart.",
    )
    .argument("[titles...]", 'as in "The Matrix", "Matrix, The (1999)"; numbers are titles too')
    .option("--id <ids...>", "name films by the model's own ids; they follow those named by title")
    .option("--k <count>", "how many films", wholeNumber(1), 10)
    .option("--model <dir>", "the folder of a model (default: the one that comes with Usher)")
    .option("--why", "say which of the films watched moved each recommendation most")
    .option("--histories <file>", "recommend to everyone in a JSON lines or CSV file instead")
    .option("--out <file>", "where the recommendations for --histories go, as JSON lines")
    .option("--json", "print one JSON object")
    .action(recommendCommand);
  addRerankFlags(addFilterFlags(addViewerFlags(command)));
  addExamples(
    command,
    'recommend "The Matrix" "Inception"',
    "recommend 300 1984 --exclude-genre Horror --from-year 1980 --k 5",
    'recommend "Alien" "Heat" --diversity 0.4 --tempering 0.3 --why',
    "recommend --id 260 1196 1210 --json",
    "recommend --model out/mine --histories users.jsonl --out recommended.jsonl",
  );
}

async function recommendCommand(titles: readonly string[], flags: Flags): Promise<void> {
  requireConsistent(titles, flags);
  const { histories } = flags;
  if (histories === undefined) compileWasmOnce();
  const model = await loadModel(flags.model);
  try {
    if (histories === undefined) await recommendToOne(model, titles, flags);
    else await recommendToMany(model, histories, flags.out as string, flags);
  } finally {
    await model.dispose();
  }
}

function requireConsistent(
  titles: readonly string[],
  { id = [], histories, out, ratings, times, time, about }: Flags,
): void {
  const isNamed = titles.length + id.length > 0;
  if (histories !== undefined && (ratings ?? times ?? time ?? about) !== undefined) {
    throw new InputError(
      'recommend: --histories has "ratings", "times", "time" and "user" of its own; leave --ratings, --times, --time and --about out',
    );
  }
  if ((histories === undefined) !== (out === undefined)) {
    throw new InputError("recommend: --histories and --out go together, one of them is missing");
  }
  if (isNamed === (histories === undefined)) return;
  throw new InputError(
    isNamed
      ? "recommend: --histories names the films, leave titles and --id out"
      : 'recommend: expected at least one film that was watched, e.g. usher recommend "The Matrix"',
  );
}

async function recommendToOne(
  model: LoadedModel,
  titles: readonly string[],
  flags: Flags,
): Promise<void> {
  const history = readHistory(model, titles, flags.id ?? []);
  const ids = history.map((item) => model.catalog[item].itemId);
  const viewer = toViewer(model, ids, flags);
  const recommendations = await recommend(model, viewer, toOptions(flags));
  const listing: Listing = { model, history, recommendations };
  process.stdout.write(
    flags.json ? `${JSON.stringify(toJsonReply(listing))}\n` : formatRecommendations(listing),
  );
}

async function recommendToMany(
  model: LoadedModel,
  histories: string,
  out: string,
  flags: Flags,
): Promise<void> {
  const { recommendToFile } = await import("./recommend-to-file.ts");
  const summary = await recommendToFile(model, histories, out, toOptions(flags));
  const { users, unknownItems, usersWithUnknownItems } = summary;
  if (unknownItems > 0) {
    process.stderr.write(
      `usher: left out ${unknownItems} items of ${usersWithUnknownItems} users, which the model does not know\n`,
    );
  }
  const reply = { model: model.manifest.name, out, ...summary };
  process.stdout.write(
    flags.json ? `${JSON.stringify(reply)}\n` : `${out}: recommendations for ${users} users\n`,
  );
}

function toOptions(flags: Flags): RecommendOptions {
  const { k, why } = flags;
  return { k, why, ...toFilterOptions(flags), ...toRerankOptions(flags) };
}
