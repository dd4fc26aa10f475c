/**
 * What `usher reproduce` can reproduce: a published row, how ours is made, and what others reached.
 */
import type { Protocol } from "../evaluation/protocol.ts";
import type { SideName } from "../recipes/fit-sides.ts";

/** A figure of somebody else. */
export interface Published {
  /** "reference": of the work that is reproduced. "best": the best that we know of. */
  readonly role: "reference" | "best";
  /** Metric, e.g. "ndcg@10", to its value. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Who, where. */
  readonly source: string;
  /** How it was measured, and what differs from ours. */
  readonly protocol: string;
}

/** How lists are made and judged. */
export type Task =
  | {
      /** Each test row is to be found, given what came before it. */
      readonly kind: "next-item";
      readonly protocol: Protocol;
      readonly excludeValidationFromHistory?: boolean;
    }
  /** All of the second half is to be found, given the first. */
  | { readonly kind: "second-half" }
  /** The next films of each test window are to be named. */
  | { readonly kind: "next-films" };

/** Some lines of the table: one task, and the metrics that are printed of it. */
export interface Measurement {
  readonly title: string;
  readonly task: Task;
  /** E.g. "ndcg@10"; the first is the one that is plotted. */
  readonly metrics: readonly string[];
  /** Empty where nobody is known to have published this. */
  readonly published: readonly Published[];
}

/** A recipe with something switched off, or another loss. */
export interface Variant {
  readonly name: string;
  readonly sides?: readonly SideName[];
  readonly loss?: Readonly<Record<string, unknown>>;
  /** In the place of the split's. */
  readonly by?: "window" | "user";
  /** The variant beside which it is put, case by case. */
  readonly against?: string;
}

/** One model and what is measured of it. */
export interface Part {
  /** The name of a recipe that ships. Its checkpoint is called like it. */
  readonly recipe: string;
  /** What is different in the recipe, which then, as its checkpoint, is called like this. */
  readonly variant?: Variant;
  /** The folder below `--data`. */
  readonly data: string;
  /** What `--from-scratch` takes on two cores that do nothing else. */
  readonly minutes: number;
  readonly measurements: readonly Measurement[];
}

/** A name for `usher reproduce`. */
export interface Reproduction {
  readonly name: string;
  readonly description: string;
  readonly parts: readonly Part[];
}
