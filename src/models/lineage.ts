/**
 * What a model has learnt from: its own data, and those of the models that it went on from.
 */
import { z } from "zod";
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

/** The trainings that made a model, its own first. */
export function lineageOf({ name, data, split, training }: ModelManifest): readonly Learnt[] {
  const ancestors = ancestorsSchema.catch([]).parse(training?.ancestors);
  const { names, fingerprint, fingerprints } = data;
  return [{ name, data: { names, fingerprint, fingerprints }, split }, ...ancestors];
}
