import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { firstLines, lastLine, readLines, splitFields } from "./lines.ts";

async function allLines(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { first, lines } of readLines(path)) {
    expect(first).toBe(found.length + 1);
    found.push(...lines);
  }
  return found;
}

describe("readLines", () => {
  it("finds the lines of a file of several blocks, whatever ends them", async () => {
    const lines = Array.from({ length: 40_000 }, (_, k) => `${k}::é${"x".repeat(k % 23)}`);
    const folder = await dataFolder({ lf: `${lines.join("\n")}\n`, crlf: lines.join("\r\n") });
    expect(await allLines(`${folder}/lf`)).toEqual(lines);
    expect(await allLines(`${folder}/crlf`)).toEqual(lines);
  });

  it("says when the last line has no end", async () => {
    const folder = await dataFolder({ cut: "a\nb", whole: "a\nb\n" });
    const ends = async (path: string): Promise<boolean[]> => {
      const found: boolean[] = [];
      for await (const { isTerminated } of readLines(path)) found.push(isTerminated);
      return found;
    };
    expect(await ends(`${folder}/cut`)).toEqual([true, false]);
    expect(await ends(`${folder}/whole`)).toEqual([true]);
  });

  it("gives the first and the last line", async () => {
    const folder = await dataFolder({ some: "a\nb\nc\n", empty: "" });
    expect(await firstLines(`${folder}/some`, 2)).toEqual(["a", "b"]);
    expect(await firstLines(`${folder}/empty`, 2)).toEqual([]);
    expect(await lastLine(`${folder}/some`)).toEqual({ number: 3, text: "c" });
    expect(await lastLine(`${folder}/missing`)).toEqual({ number: 0, text: "" });
  });
});

describe("splitFields", () => {
  it("undoes RFC 4180's quoting", () => {
    const field = fc.string({ unit: fc.constantFrom("a", ",", '"', " ", "é") });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(",");
        expect(splitFields(line, ",", true)).toEqual(fields);
      }),
    );
  });

  it.each([
    ["1,2,,3", ",", ["1", "2", "", "3"]],
    ['1,"a,b",3', ",", ["1", "a,b", "3"]],
    ['"a""b",', ",", ['a"b', ""]],
    ["1::2::3", "::", ["1", "2", "3"]],
    ['"open,3', ",", null],
    ['"a"b,3', ",", null],
  ])("splits %j at %j", (line, delimiter, fields) => {
    expect(splitFields(line, delimiter, true)).toEqual(fields);
  });

  it("leaves quotes alone where the format has none", () => {
    expect(splitFields('"a::b"', "::", false)).toEqual(['"a', 'b"']);
  });
});
