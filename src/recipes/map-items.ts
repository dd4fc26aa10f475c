/**
 * Which item of a model is which item of a data set.
 */
import { InputError } from "../common/errors.ts";
import { titleKeyWithoutArticle } from "../data/films/normalize-title.ts";
import { describeFilm } from "../data/films/title-index.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { PreparedData } from "./prepare-data.ts";

/**
 * By outside id. Many data sets number their films from 1, so equal ids alone prove nothing: where
 * both sides know titles, most of them must agree. Where one knows none the ids are trusted, for
 * data of one's own may have no titles, and stderr says so, unless the model was trained on these.
 * @param command - what asks, for messages.
 * @returns the model's itemIndex of each item of the data set, -1 where it has none: `[N]`.
 * @throws InputError when no item is known, or the ids mean other films.
 */
export function mapItems(
  { manifest, catalog, itemIndexOf }: Pick<LoadedModel, "manifest" | "catalog" | "itemIndexOf">,
  { names, fingerprint, films, interactions }: Omit<PreparedData, "preparations">,
  command = "evaluate",
): Int32Array {
  const modelItemOf = Int32Array.from(interactions.itemIds, (id) => itemIndexOf(id) ?? -1);
  if (modelItemOf.every((item) => item < 0)) {
    throw new InputError(
      `${command}: ${manifest.name} knows none of the ${modelItemOf.length} items of ${names.join(", ")}`,
    );
  }
  const both = interactions.itemIds.flatMap((id, i) => {
    const [theirs, ours] = [films.get(id), catalog[modelItemOf[i]]];
    return theirs?.title && ours?.title ? [{ id, theirs, ours }] : [];
  });
  const different = both.filter(
    ({ theirs, ours }) =>
      titleKeyWithoutArticle(theirs.title) !== titleKeyWithoutArticle(ours.title),
  );
  const isOwn = manifest.data.fingerprint === fingerprint;
  if (both.length === 0 && !isOwn) remarkOnTrust(manifest.name, names, modelItemOf);
  if (different.length <= both.length / 2) return modelItemOf;
  const [{ id, theirs, ours }] = different;
  throw new InputError(
    `${command}: ids of ${names.join(", ")} mean other films than those of ${manifest.name}: ${id} is ` +
      `"${describeFilm(theirs)}" there and "${describeFilm(ours)}" here; take a model trained on these data`,
  );
}

function remarkOnTrust(model: string, names: readonly string[], modelItemOf: Int32Array): void {
  const known = modelItemOf.filter((item) => item >= 0).length;
  process.stderr.write(
    `usher: no titles tell whether ids of ${names.join(", ")} mean the films of ${model}: ` +
      `${known} of ${modelItemOf.length} occur there and are taken for the same; if they are not, ` +
      "the numbers mean nothing\n",
  );
}
