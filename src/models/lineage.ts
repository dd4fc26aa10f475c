/**
 * What a model has learnt from: its own data, and those of the models that it went on from.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import type { ModelManifest, SplitRecord } from "./bundle-format.ts";
import { splitSchema } from "./bundle-format.ts";

/** The data of one training, and which rows of them it learnt from. */
export interface Learnt {
  readonly name: string;
  readonly data: Pick<ModelManifest["data"], "names" | "fingerprint" | "fingerprints">;
  readonly split: SplitRecord;
}

const ancestorsSchema = z.array(
  z.object({
    name: z.string(),
    data: z.object({
      names: z.array(z.string()),
      fingerprint: z.string(),
      fingerprints: z.array(z.string()),
    }),
    split: splitSchema,
  }),
);

/**
 * The trainings that made a model, its own first.
 * @throws InputError when what is said of them is damaged: nobody can tell then what it has learnt.
 */
export function lineageOf({ name, data, split, training }: ModelManifest): readonly Learnt[] {
  const { names, fingerprint, fingerprints } = data;
  const own = { name, data: { names, fingerprint, fingerprints }, split };
  const parsed = ancestorsSchema.safeParse(training?.ancestors ?? []);
  if (parsed.success) return [own, ...parsed.data];
  throw new InputError(
    `${name}: training.ancestors: ${z.prettifyError(parsed.error)}; get the bundle again, or train it anew`,
  );
}
