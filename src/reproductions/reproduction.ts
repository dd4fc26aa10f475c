/**
 * What `usher reproduce` can reproduce: a published row, how ours is made, and what others reached.
 */
import type { HistoryOrder, Protocol } from "../evaluation/protocol.ts";
import type { TieName, UserRange } from "../evaluation/slices.ts";
import type { BaselineKind, BaselineOptions } from "../models/baselines.ts";

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
      /** "shuffled" tells how much of a score is the order of histories. Default: "recorded". */
      readonly historyOrder?: HistoryOrder;
      /** Only some of the targets. Default: all. */
      readonly among?: Among;
    }
  /** All of the second half is to be found, given the first. */
  | { readonly kind: "second-half" }
  /** The next films of each test window are to be named. */
  | { readonly kind: "next-films" };

/** Targets of users whose ids are numbers of a range, or by whether they are tied. */
export type Among =
  | { readonly kind: "users"; readonly range: UserRange }
  | { readonly kind: "tie"; readonly name: TieName };

/** A baseline with its settings, chosen on validation rows. */
export type FixedBaseline = {
  readonly [K in BaselineKind]: { readonly kind: K; readonly options: BaselineOptions[K] };
}[BaselineKind];

/** Some lines of the table: one task, and the metrics that are printed of it. */
export interface Measurement {
  readonly title: string;
  readonly task: Task;
  /** E.g. "ndcg@10"; the first is the one that is plotted. */
  readonly metrics: readonly string[];
  /** Empty where nobody is known to have published this. */
  readonly published: readonly Published[];
  /** Those beside popularity and chance; null for not even these. Default: none. */
  readonly baselines?: readonly FixedBaseline[] | null;
}

/** A recipe with something switched off, another loss, or other rows held out. */
export interface Variant {
  readonly name: string;
  /** In the place of the recipe's model where it names a kind, or of some of its fields. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly loss?: Readonly<Record<string, unknown>>;
  readonly distillation?: Readonly<Record<string, unknown>>;
  /** So too of its split. */
  readonly split?: Readonly<Record<string, unknown>>;
  /** Of its only stage. */
  readonly epochs?: number;
  /** Epochs between two validations. */
  readonly everyEpochs?: number;
}

/** One model and what is measured of it. */
export interface Part {
  /** The name of a recipe that ships. Its checkpoint is called like it. */
  readonly recipe: string;
  /** What is different in the recipe, which then, as its checkpoint, is called like this. */
  readonly variant?: Variant;
  /** The part whose models teach this one, trained once with each seed. */
  readonly teachers?: { readonly of: Part; readonly seeds: readonly number[] };
  /** The name of the part before it beside which it is put, case by case. */
  readonly against?: string;
  /** The folder, or the file, below `--data`. */
  readonly data: string;
  /** What `--from-scratch` takes on two cores that do nothing else, with the teachers. */
  readonly minutes: number;
  readonly measurements: readonly Measurement[];
}

/** A name for `usher reproduce`. */
export interface Reproduction {
  readonly name: string;
  readonly description: string;
  readonly parts: readonly Part[];
}

/** What a part is called: its recipe, or what is different in it. */
export function partName({ recipe, variant }: Pick<Part, "recipe" | "variant">): string {
  return variant?.name ?? recipe;
}
