/**
 * The flags that say how data is read and prepared, shared by the commands that read data.
 */
import { type Command, Option } from "commander";
import type { Minimums } from "../data/apply-minimums.ts";
import { DATA_FORMATS, type LoadOptions } from "../data/dataset.ts";
import { number, wholeNumber } from "./flags.ts";

/** Adds the flags to a command; its action gets them as `LoadOptions`, among its own. */
export function addDataOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "how the file is written, if not recognised").choices(
        DATA_FORMATS,
      ),
    )
    .option("--user-column <name>", "your own file's column of users")
    .option("--item-column <name>", "your own file's column of items")
    .option("--rating-column <name>", "your own file's column of ratings")
    .option("--time-column <name>", "your own file's column of times: numbers or dates")
    .option("--min-rating <rating>", "keep ratings of at least this", number)
    .option("--most-watched-items <n>", "keep only so many items", wholeNumber(1))
    .option("--min-user-interactions <n>", "keep users with at least this many", wholeNumber(1))
    .option("--min-item-interactions <n>", "keep items with at least this many", wholeNumber(1))
    .option("--strict", "refuse duplicate rows instead of resolving them");
}

/** The flags of `addDataOptions` alone, from all of a command's. */
export function toLoadOptions(flags: LoadOptions): LoadOptions {
  const { format, userColumn, itemColumn, ratingColumn, timeColumn } = flags;
  const { minRating, mostWatchedItems, minUserInteractions, minItemInteractions, strict } = flags;
  const how = { format, userColumn, itemColumn, ratingColumn, timeColumn };
  const kept = { minRating, mostWatchedItems, minUserInteractions, minItemInteractions };
  return { ...how, ...kept, strict };
}

/** The minimums that were recorded, with those of the flags in their place. */
export function minimumsOf(flags: LoadOptions, recorded: Minimums): Minimums {
  return {
    minRating: flags.minRating ?? recorded.minRating,
    mostWatchedItems: flags.mostWatchedItems ?? recorded.mostWatchedItems,
    minUserInteractions: flags.minUserInteractions ?? recorded.minUserInteractions,
    minItemInteractions: flags.minItemInteractions ?? recorded.minItemInteractions,
  };
}
