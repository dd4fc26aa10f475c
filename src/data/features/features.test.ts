import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../../test/data-folder.ts";
import { hasSharedData, sharedData } from "../../../test/shared-data.ts";
import { InputError } from "../../common/errors.ts";
import {
  encodeFeatures,
  encodeTable,
  encodingWidth,
  featureEncodingSchema,
  fitFeatureEncoding,
  requireFeatureValues,
} from "./feature-encoding.ts";
import { filmFeatures } from "./feature-set.ts";
import { readFeatures, readKnownFeatures } from "./read-features.ts";

const description = {
  formatVersion: 1,
  users: {
    file: "people.csv",
    idColumn: "person",
    features: [
      { name: "country", kind: "categorical" },
      { name: "age", kind: "numeric" },
      { name: "likes", kind: "multi-label", separator: ";" },
    ],
  },
};
const people =
  'person,age,likes,country\n007,30,jazz;chess,FR\n8,,,"Korea, South"\nu-9,50,chess,FR\n';

async function folderWith(changes: object, csv = people): Promise<string> {
  const json = JSON.stringify({ ...description, ...changes });
  return dataFolder({ "features.json": json, "people.csv": csv });
}

async function refusal(changes: object, csv?: string): Promise<string> {
  const error = await readFeatures(join(await folderWith(changes, csv), "features.json")).catch(
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

describe("features.json", () => {
  it("names a table and what its columns are; ids stay texts, and nothing is not known", async () => {
    const { users, items } = await readFeatures(join(await folderWith({}), "features.json"));
    expect(items).toBeNull();
    expect(users?.specs.map(({ name }) => name)).toEqual(["country", "age", "likes"]);
    expect(Object.fromEntries(users?.rows ?? [])).toEqual({
      "007": { country: "FR", age: 30, likes: ["jazz", "chess"] },
      8: { country: "Korea, South", age: null, likes: null },
      "u-9": { country: "FR", age: 50, likes: ["chess"] },
    });
  });

  it.each<[string, object, string | undefined, string]>([
    ["a newer version", { formatVersion: 2 }, undefined, "formatVersion 2 is newer"],
    ["an unknown field", { films: null }, undefined, 'Unrecognized key: "films"'],
    [
      "a column that is not there",
      { users: { ...description.users, idColumn: "user" } },
      undefined,
      'people.csv: line 1: no column is called "user"; there are person, age, likes, country',
    ],
    [
      "a number that is none",
      {},
      "person,age,likes,country\n1,old,,\n",
      'line 2: feature "age": expected a number, got "old"',
    ],
    [
      "an id that comes twice",
      {},
      "person,age,likes,country\n1,,,\n1,,,\n",
      'line 3: id "1" occurs twice',
    ],
    [
      "a row without an id",
      {},
      "person,age,likes,country\n,3,,\n",
      'line 2: expected an id in column "person"',
    ],
    ["an open quote", {}, 'person,age,likes,country\n"1,3,,\n', "line 2: a quote is left open"],
    ["a table without rows", {}, "person,age,likes,country\n", "expected a header and rows"],
    [
      "a table that is not there",
      { users: { ...description.users, file: "x.csv" } },
      undefined,
      "x.csv: cannot be read",
    ],
  ])("refuses %s", async (_, changes, csv, message) => {
    expect(await refusal(changes, csv)).toContain(message);
  });
});

describe("an encoding", () => {
  const table = filmFeatures(
    new Map([
      ["1", { itemId: "1", title: "A", year: 1990, genres: ["War", "Drama"] }],
      ["2", { itemId: "2", title: "B", year: 1994, genres: ["Drama"] }],
      ["3", { itemId: "3", title: "C", year: null, genres: [] }],
      ["4", { itemId: "4", title: "D", year: 2050, genres: ["Western"] }],
    ]),
  );
  if (table === null) throw new Error("expected features");
  // The fourth film came after training.
  const encoding = fitFeatureEncoding(table, ["1", "2", "3", "unknown"]);

  it("has a column for each label seen, and two for a number", () => {
    expect(encoding).toEqual([
      { name: "genres", kind: "multi-label", labels: ["Drama", "War"] },
      { name: "year", kind: "numeric", mean: 1992, deviation: 2 },
    ]);
    expect(encodingWidth(encoding)).toBe(4);
    expect(featureEncodingSchema.parse(JSON.parse(JSON.stringify(encoding)))).toEqual(encoding);
  });

  it("encodes what is missing, or was never seen, as nothing", () => {
    expect([...encodeTable(encoding, table.rows, ["1", "3", "4", "unknown"])]).toEqual([
      ...[1, 1, -1, 0],
      ...[0, 0, 0, 1],
      ...[0, 0, 29, 0],
      ...[0, 0, 0, 1],
    ]);
    expect([...encodeFeatures(encoding, { genres: ["War"] })]).toEqual([0, 1, 0, 1]);
  });

  it("tells a number by the knots beside it, and what lies outside by the nearest", () => {
    const years = fitFeatureEncoding(table, ["1", "2", "3"], 8);
    expect(years[1]).toMatchObject({ name: "year", knots: [1990, 1994] });
    expect(featureEncodingSchema.parse(JSON.parse(JSON.stringify(years)))).toEqual(years);
    const encode = (year: number | null): number[] => [
      ...encodeFeatures(years, { year }).subarray(2),
    ];
    expect([1990, 1991, 1994, 2050, 1900].map(encode)).toEqual([
      ...[
        [1, 0, 0],
        [0.75, 0.25, 0],
        [0, 1, 0],
        [0, 1, 0],
        [1, 0, 0],
      ],
    ]);
    expect(encode(null)).toEqual([0, 0, 1]);
    const three = new Map([1, 5, 9].map((age) => [String(age), { age }]));
    const ages = { specs: [{ name: "age", kind: "numeric" } as const], rows: three };
    const encoding3 = fitFeatureEncoding(ages, ["1", "5", "9"], 3);
    expect([...encodeFeatures(encoding3, { age: 6 })]).toEqual([0, 0.75, 0.25, 0]);
  });

  it("of one value everywhere does not divide by nothing", () => {
    const rows = new Map([["1", { age: 20 }]]);
    const ages = fitFeatureEncoding({ specs: [{ name: "age", kind: "numeric" }], rows }, ["1"]);
    expect([...encodeFeatures(ages, { age: 20 })]).toEqual([0, 0]);
  });

  it("checks values from outside", () => {
    expect(requireFeatureValues(encoding, { year: 1999, genres: null }, "user")).toEqual({
      year: 1999,
      genres: null,
    });
    const refuse =
      (values: Record<string, unknown>): (() => unknown) =>
      () =>
        requireFeatureValues(encoding, values, "user u1");
    expect(refuse({ length: 90 })).toThrow(
      'user u1: no feature is called "length"; there are genres, year',
    );
    expect(refuse({ year: "1999" })).toThrow(
      'feature "year": expected a number or null, got "1999"',
    );
    expect(refuse({ genres: "War" })).toThrow("expected a list of texts or null");
  });
});

describe.skipIf(!hasSharedData)("published sets", () => {
  it("say age, gender and occupation of their users, genres and year of their films", async () => {
    const films = new Map([["1", { itemId: "1", title: "A", year: 1990, genres: ["War"] }]]);
    const { users, items } = await readKnownFeatures(sharedData("ml-1m"), films);
    expect(users?.rows.size).toBe(6040);
    expect(users?.rows.get("1")).toEqual({ gender: "F", age: 1, occupation: "10" });
    const women = [...(users?.rows.values() ?? [])].filter(({ gender }) => gender === "F");
    expect(women).toHaveLength(1709);
    expect(items?.rows.get("1")).toEqual({ genres: ["War"], year: 1990 });
    const small = await readKnownFeatures(sharedData("ml-100k"), new Map());
    expect(small.users?.rows.get("1")).toEqual({ age: 24, gender: "M", occupation: "technician" });
    expect([small.users?.rows.size, small.items]).toEqual([943, null]);
    expect((await readKnownFeatures(sharedData("ml-latest-small"), films)).users).toBeNull();
  });
});
