/**
 * Features as numbers that a linear layer reads, and the key to them, which a model keeps: the same
 * values give the same numbers when it recommends.
 *
 * A category, or a label, is a column that is 1 where it holds. A number is its distance from the
 * mean in deviations, or the knots it lies between, and a column that is 1 where it is not known. What is missing, or was never
 * seen in training, is 0 everywhere else.
 */
import { z } from "zod";
import { InputError } from "../../common/errors.ts";
import type { FeatureTable, FeatureValue, FeatureValues } from "./feature-set.ts";

const encodedFeatureSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    name: z.string(),
    kind: z.enum(["categorical", "multi-label"]),
    /** One column each. */
    labels: z.array(z.string()),
  }),
  z.strictObject({
    name: z.string(),
    kind: z.literal("numeric"),
    mean: z.number(),
    deviation: z.number().positive(),
    /** Ascending, where the number is told by which two of these it lies between. */
    knots: z.array(z.number()).min(2).optional(),
  }),
]);

export const featureEncodingSchema = z.array(encodedFeatureSchema);

/** One feature and what its columns mean; plain data, to be kept with a model. */
export type EncodedFeature = z.infer<typeof encodedFeatureSchema>;
export type FeatureEncoding = readonly EncodedFeature[];

/** How many numbers a row has: `F`. */
export function encodingWidth(encoding: FeatureEncoding): number {
  return encoding.reduce((sum, feature) => sum + widthOf(feature), 0);
}

function widthOf(feature: EncodedFeature): number {
  return feature.kind === "numeric" ? (feature.knots?.length ?? 1) + 1 : feature.labels.length;
}

/**
 * @param ids - whose values decide: those that training sees.
 * @param numKnots - tells a number by the knots beside it, so many quantiles: for a linear reader,
 *   which then sees curves, and takes what lies outside for the nearest. Default: by the number.
 */
export function fitFeatureEncoding(
  table: FeatureTable,
  ids: readonly string[],
  numKnots = 0,
): EncodedFeature[] {
  const rows = ids.map((id) => table.rows.get(id)).filter((row) => row !== undefined);
  return table.specs.map(({ name, kind }) => {
    const values = rows.map((row) => row[name] ?? null).filter((value) => value !== null);
    if (kind === "numeric") return fitNumeric(name, values as number[], numKnots);
    const labels = new Set(values.flatMap((value) => value as string | string[]));
    return { name, kind, labels: [...labels].sort() };
  });
}

function fitNumeric(name: string, values: readonly number[], numKnots: number): EncodedFeature {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(values.length, 1);
  const knots = quantiles(values, numKnots);
  const deviation = Math.sqrt(variance) || 1;
  return { name, kind: "numeric", mean, deviation, ...(knots.length > 1 && { knots }) };
}

/** From the least to the greatest, each once. */
function quantiles(values: readonly number[], count: number): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Array.from({ length: sorted.length > 0 ? count : 0 }, (_, k) =>
    Math.round((k / (count - 1)) * (sorted.length - 1)),
  );
  return [...new Set(at.map((index) => sorted[index]))];
}

/**
 * @param values - of one user or film; undefined where nothing is known.
 * @returns `[F]`
 */
export function encodeFeatures(
  encoding: FeatureEncoding,
  values: FeatureValues | undefined,
): Float32Array {
  const row = new Float32Array(encodingWidth(encoding));
  let at = 0;
  for (const feature of encoding) {
    const value = values?.[feature.name] ?? null;
    if (feature.kind === "numeric") {
      if (value === null) row[at + widthOf(feature) - 1] = 1;
      else if (feature.knots) addHats(row.subarray(at), feature.knots, value as number);
      else row[at] = ((value as number) - feature.mean) / feature.deviation;
    } else if (value !== null) {
      for (const label of [value as string | string[]].flat()) {
        const column = feature.labels.indexOf(label);
        if (column >= 0) row[at + column] = 1;
      }
    }
    at += widthOf(feature);
  }
  return row;
}

/** Shares of the two knots beside a number that add up to 1, linear between them (a B-spline of degree 1). */
function addHats(row: Float32Array, knots: readonly number[], value: number): void {
  const last = knots.length - 1;
  const inside = Math.min(Math.max(value, knots[0]), knots[last]);
  const right = Math.max(
    knots.findIndex((knot) => knot >= inside),
    1,
  );
  const share = (inside - knots[right - 1]) / (knots[right] - knots[right - 1]);
  row[right - 1] = 1 - share;
  row[right] = share;
}

/** One row after the other: `[ids, F]`. */
export function encodeTable(
  encoding: FeatureEncoding,
  rows: FeatureTable["rows"],
  ids: readonly string[],
): Float32Array {
  const width = encodingWidth(encoding);
  const matrix = new Float32Array(ids.length * width);
  for (const [i, id] of ids.entries())
    matrix.set(encodeFeatures(encoding, rows.get(id)), i * width);
  return matrix;
}

/**
 * A table that a model is to read must tell what it learnt from, in the same way.
 * @param where - whose encoding it is, for messages.
 * @throws InputError where a feature is missing from the table, or of another kind there.
 */
export function requireEncoded(
  encoding: FeatureEncoding,
  table: Pick<FeatureTable, "specs"> | null,
  where: string,
): void {
  for (const { name, kind } of encoding) {
    const spec = table?.specs.find((one) => one.name === name);
    if (spec?.kind === kind) continue;
    const got = spec ? `a ${spec.kind} one` : "none";
    throw new InputError(
      `${where}: the model was trained with a ${kind} feature "${name}", got ${got}; give the features.json of its training by --features`,
    );
  }
}

/**
 * Values that came from outside, checked.
 * @param where - what holds them, for messages.
 * @throws InputError when a feature is unknown to the encoding, or a value is of another kind.
 */
export function requireFeatureValues(
  encoding: FeatureEncoding,
  values: Readonly<Record<string, unknown>>,
  where: string,
): FeatureValues {
  for (const [name, value] of Object.entries(values)) {
    const feature = encoding.find((known) => known.name === name);
    if (!feature) {
      const known = encoding.map((one) => one.name).join(", ") || "none";
      throw new InputError(`${where}: no feature is called "${name}"; there are ${known}`);
    }
    if (value === null || isOfKind(feature.kind, value)) continue;
    throw new InputError(
      `${where}: feature "${name}": expected ${EXPECTED[feature.kind]} or null, got ${JSON.stringify(value)}`,
    );
  }
  return values as Record<string, FeatureValue>;
}

const EXPECTED = {
  categorical: "a text",
  "multi-label": "a list of texts",
  numeric: "a number",
} as const;

function isOfKind(kind: EncodedFeature["kind"], value: unknown): boolean {
  if (kind === "numeric") return typeof value === "number" && Number.isFinite(value);
  if (kind === "categorical") return typeof value === "string";
  return Array.isArray(value) && value.every((label) => typeof label === "string");
}
