/**
 * `usher evaluate --held-out-films`: a model whose training left out the films of some years gets
 * them by their content, as `usher catalog add` does, and is measured on those who watched them.
 */
import { join } from "node:path";
import { InputError } from "../common/errors.ts";
import { withProgress } from "../common/progress.ts";
import type { LoadOptions } from "../data/dataset.ts";
import { encodeTable, encodingWidth, requireEncoded } from "../data/features/feature-encoding.ts";
import { markHeldOut } from "../data/held-out-films.ts";
import type { Interactions } from "../data/interactions.ts";
import type { NewFilm } from "../data/read-new-films.ts";
import { requireRows, type Split } from "../data/split.ts";
import { withTempFolder } from "../data/temp-folder.ts";
import type { BootstrapOptions } from "../evaluation/bootstrap.ts";
import { type Comparison, compare } from "../evaluation/compare.ts";
import { type Evaluation, evaluate, referencePopularity } from "../evaluation/evaluate.ts";
import {
  describeHeldOut,
  type HeldOutFilms,
  type HeldOutOptions,
  type HeldOutScores,
  measureHeldOutFilms,
  subtract,
} from "../evaluation/held-out-films.ts";
import {
  appendBaselineToLedger,
  appendToLedger,
  requireWritableLedger,
} from "../evaluation/test-ledger.ts";
import { addFilms, readNetwork, requireTower } from "../models/add-films.ts";
import { type Bundle, loadBundleFiles, loadModel, saveBundle } from "../models/bundle.ts";
import { createContentKnn, createSimilarPopularity } from "../models/content-baselines.ts";
import type { ItemContent } from "../models/content-rows.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { Recommender } from "../models/recommender.ts";
import { mapItems } from "../recipes/map-items.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { prepareFeatures } from "../recipes/prepare-features.ts";
import { prepareAsRecorded, requireUnseen } from "./evaluation-data.ts";

export interface HeldOutRequest extends BootstrapOptions {
  /** The folder of a model. Default: the one that comes with Usher. */
  readonly model?: string | undefined;
  readonly data: readonly string[];
  /** Takes the place of what the bundle records. */
  readonly load: LoadOptions;
  /** A `features.json`, for a model that was trained with one. Default: what films say. */
  readonly features?: string | undefined;
  /** Added to the scores of held-out films. Default: 0. */
  readonly boost?: number;
  readonly ks: readonly number[];
  /** Which rows tell whether the films it knows are recommended as well as before. */
  readonly rows: "validation" | "test";
  /** The file to write the model's rankings of held-out films to. Default: none. */
  readonly dumpPath?: string | undefined;
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger?: string | undefined;
}

/** What was found, as plain data. */
export interface HeldOutReply {
  readonly model: string;
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  readonly description: string;
  readonly numFilms: number;
  readonly numUsers: number;
  readonly numTargets: number;
  /** The model first, then the baselines. */
  readonly models: readonly Omit<HeldOutScores, "perUser">[];
  /** The model minus each baseline, by its name. */
  readonly differences: Readonly<Record<string, HeldOutScores["metrics"]>>;
  /** nDCG and the like of the targets that training knew, before and after the films came. */
  readonly known: {
    readonly rows: "validation" | "test";
    readonly before: Evaluation["report"]["metrics"];
    readonly after: Evaluation["report"]["metrics"];
    /** After minus before. */
    readonly differences: Comparison["differences"];
  };
}

/** Chosen on films of 1997 and 1998 that a training on ml-100k held out (`docs/log.md`). */
const KNN_RECENCY = 0.9;
const NUM_SIMILAR = 50;

/**
 * @throws InputError when the model's training held no films out, or it has no tower.
 */
export async function evaluateHeldOutFilms(request: HeldOutRequest): Promise<HeldOutReply> {
  const bundle = await loadBundleFiles(request.model);
  const { manifest } = bundle;
  const years = manifest.data.heldOutYears;
  if (years === undefined) {
    throw new InputError(
      `--held-out-films: the training of ${manifest.name} held no films out; train with --held-out-years`,
    );
  }
  const data = await prepareAsRecorded(manifest, request.data, request.load);
  requireUnseen(manifest, data, manifest.split);
  if (request.ledger) await requireWritableLedger(request.ledger);
  const interactions = data.complete ?? data.interactions;
  const isHeldOut = markHeldOut(interactions.itemIds, data.films, years);
  const films = { interactions, isHeldOut };
  const { items: table } = await prepareFeatures(data, request.features);
  const { encoding } = requireTower(readNetwork(bundle), manifest);
  requireEncoded(encoding, table, `${manifest.name}: content`);
  const rows = table?.rows ?? new Map();
  const content = {
    numFeatures: encodingWidth(encoding),
    values: encodeTable(encoding, rows, interactions.itemIds),
  };
  const newFilms = interactions.itemIds.flatMap((id, item): NewFilm[] => {
    const film = data.films.get(id);
    return isHeldOut[item] === 1 && film ? [{ film, values: rows.get(id) ?? {} }] : [];
  });
  const grown = addFilms(bundle, newFilms, request.boost);
  return withGrownModel(grown, request.model, (before, after) =>
    measureBoth(request, data, { films, content }, before, after),
  );
}

/** Both models loaded: as trained, and with the films added. */
async function withGrownModel<T>(
  larger: Bundle,
  folder: string | undefined,
  work: (before: LoadedModel, after: LoadedModel) => Promise<T>,
): Promise<T> {
  return withTempFolder(async (temp) => {
    const grown = join(temp, "grown");
    await saveBundle(grown, larger);
    const models: LoadedModel[] = [];
    try {
      models.push(await loadModel(folder));
      models.push(await loadModel(grown));
      return await work(models[0], models[1]);
    } finally {
      for (const model of models) await model.dispose();
    }
  });
}

async function measureBoth(
  request: HeldOutRequest,
  data: PreparedData,
  { films, content }: { films: HeldOutFilms; content: ItemContent },
  before: LoadedModel,
  after: LoadedModel,
): Promise<HeldOutReply> {
  const { manifest } = before;
  const { ks, seed, numResamples, ledger } = request;
  const options = { ks, seed, numResamples };
  const complete = { ...data, interactions: films.interactions };
  const split = requireRows(splitData(data.interactions, manifest.split));
  const counts = countsIn(films.interactions, split);
  const modelItemOf = mapItems(after, complete);
  const measureOne = async (
    recommender: Recommender,
    own: Pick<HeldOutOptions, "modelItemOf" | "dumpPath"> = {},
  ): Promise<HeldOutScores> => {
    return withProgress(`held-out films: ${recommender.name}`, (onProgress) =>
      measureHeldOutFilms(recommender, films, { ...options, ...own, onProgress }),
    );
  };
  const own = await measureOne(after.recommender, { modelItemOf, dumpPath: request.dumpPath });
  const others = [
    await measureOne(createContentKnn(content, KNN_RECENCY)),
    await measureOne(createSimilarPopularity(content, counts, films.isHeldOut, NUM_SIMILAR)),
  ];
  const { known, reports: knownReports } = await measureKnown(request, films, split, [
    { recommender: before.recommender, modelItemOf: mapItems(before, complete) },
    { recommender: after.recommender, modelItemOf },
  ]);
  const boosted = request.boost ? [`boost ${request.boost}`] : [];
  const description = [describeHeldOut(films), ...boosted].join("; ");
  const { names, fingerprint } = data;
  const numUsers = own.perUser.userIndices.length;
  if (ledger) {
    const ofModel = { model: manifest.name, description, numUsers, metrics: flatten(own.metrics) };
    await appendToLedger(ledger, manifest, { names, fingerprint }, ofModel);
    const options = {
      recency: KNN_RECENCY,
      numSimilar: NUM_SIMILAR,
      content: content.values.length,
    };
    for (const { model, metrics } of others) {
      const entry = { model, description: describeHeldOut(films), numUsers };
      await appendBaselineToLedger(
        ledger,
        { split: manifest.split, options },
        { names, fingerprint },
        { ...entry, metrics: flatten(metrics) },
      );
    }
    if (request.rows === "test") {
      for (const report of knownReports) {
        await appendToLedger(ledger, manifest, { names, fingerprint }, report);
      }
    }
  }
  return {
    model: manifest.name,
    data: { names, fingerprint },
    description,
    numFilms: films.isHeldOut.reduce((sum, value) => sum + value, 0),
    numUsers,
    numTargets: own.numTargets,
    models: [own, ...others].map(({ model, metrics, numTargets }) => ({
      model,
      metrics,
      numTargets,
    })),
    differences: Object.fromEntries(
      others.map((other) => [other.model, subtract(own, other, options)]),
    ),
    known,
  };
}

function flatten(metrics: HeldOutScores["metrics"]): HeldOutScores["metrics"]["all"] {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([field, own]) =>
      Object.entries(own).map(([name, estimate]) => [`${field} ${name}`, estimate]),
    ),
  );
}

/** How often training saw each item: `[N]`. */
function countsIn({ itemIds }: Interactions, split: Split): Int32Array {
  const trained = referencePopularity(split);
  const indices = new Map(split.interactions.itemIds.map((id, item) => [id, item]));
  return Int32Array.from(itemIds, (id) => trained[indices.get(id) ?? -1] ?? 0);
}

interface Subject {
  readonly recommender: Recommender;
  readonly modelItemOf: Int32Array;
}

/** The held-out rows of the split, ranked among all films, the new ones too where they are known. */
async function measureKnown(
  { rows, ks, seed, numResamples }: HeldOutRequest,
  { interactions, isHeldOut }: HeldOutFilms,
  split: Split,
  [before, after]: readonly [Subject, Subject],
): Promise<{ known: HeldOutReply["known"]; reports: readonly Evaluation["report"][] }> {
  const kept = Uint32Array.from(interactions.items.keys()).filter(
    (row) => isHeldOut[interactions.items[row]] === 0,
  );
  const inComplete = {
    ...split,
    interactions,
    // Of training rows nothing is asked but how often items occur: a slice of the report.
    trainEnds: interactions.offsets.slice(1),
    validation: split.validation.map((row) => kept[row]),
    test: split.test.map((row) => kept[row]),
  };
  const measure = async ({ recommender, modelItemOf }: Subject): Promise<Evaluation> => {
    const options = { protocol: "full", rows, ks, seed, numResamples, modelItemOf } as const;
    return evaluate(recommender, inComplete, options);
  };
  const [a, b] = [await measure(after), await measure(before)];
  const { differences } = compare(a, b, { seed, numResamples });
  const known = { rows, before: b.report.metrics, after: a.report.metrics, differences };
  return { known, reports: [b.report, a.report] };
}
