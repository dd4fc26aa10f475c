/**
 * The tower from what is known of a film to its vector and its bias, as a bundle keeps it: what
 * `content-rows.ts` has trained, and the key to the features that it reads.
 */
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import {
  encodingWidth,
  type FeatureEncoding,
  featureEncodingSchema,
} from "../data/features/feature-encoding.ts";
import type { ContentWeights } from "./content-rows.ts";

/** The file of a bundle that holds it. */
export const CONTENT_FILE = "content.json";

export const CONTENT_FORMAT_VERSION = 1;

export interface ContentTower extends ContentWeights {
  /** Of the features, in the order of the columns. */
  readonly encoding: FeatureEncoding;
}

const towerSchema = z.object({
  formatVersion: z.literal(CONTENT_FORMAT_VERSION),
  encoding: featureEncodingSchema,
  /** `[F, D]`, row by row. */
  vectors: z.array(z.number()),
  /** `[F]` */
  biases: z.array(z.number()),
});

/** The content of `content.json`; seven digits tell every float32 nearly enough. */
export function formatContentTower({ encoding, vectors, biases }: ContentTower): string {
  const numbers = (values: Float32Array): number[] =>
    Array.from(values, (value) => Number(value.toPrecision(7)));
  return `${JSON.stringify({
    formatVersion: CONTENT_FORMAT_VERSION,
    encoding,
    vectors: numbers(vectors),
    biases: numbers(biases),
  })}\n`;
}

/**
 * @param text - of `content.json`.
 * @param embeddingDim - of the model's item vectors: `D`.
 * @throws InputError when it is damaged, newer, or not of this model.
 */
export function parseContentTower(text: string, embeddingDim: number, where: string): ContentTower {
  const { encoding, vectors, biases } = parse(text, where);
  const numFeatures = encodingWidth(encoding);
  if (biases.length !== numFeatures || vectors.length !== numFeatures * embeddingDim) {
    throw new InputError(
      `${where}: expected ${numFeatures} biases and as many vectors of ${embeddingDim} numbers, got ` +
        `${biases.length} and ${vectors.length} numbers; the bundle is damaged, get it again`,
    );
  }
  return { encoding, vectors: Float32Array.from(vectors), biases: Float32Array.from(biases) };
}

function parse(text: string, where: string): z.infer<typeof towerSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: not JSON (${(error as Error).message}); get the bundle again`, {
      cause: error,
    });
  }
  const version = Number((value as { formatVersion?: unknown } | null)?.formatVersion);
  if (version > CONTENT_FORMAT_VERSION) {
    throw new InputError(
      `${where}: formatVersion ${version} is newer than this Usher reads (${CONTENT_FORMAT_VERSION}); update Usher`,
    );
  }
  const parsed = towerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${where}: ${z.prettifyError(parsed.error)}; get the bundle again`);
}
