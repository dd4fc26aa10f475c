/**
 * Text files line by line, without reading them whole. Unlike node:readline, only "\n" and "\r\n"
 * end a line, as in the data sets.
 */
import { createReadStream, existsSync } from "node:fs";

/** Some lines of a file. */
export interface LineBatch {
  /** The number of the first one, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  /** False for the last line of a file that does not end with a line end. */
  readonly isTerminated: boolean;
}

/**
 * The lines of a plain text file. Bytes that are not UTF-8 become U+FFFD.
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  const decoder = new TextDecoder("utf-8");
  let first = 1;
  let rest = "";
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length === 0) continue;
    yield { first, lines: lines.map(withoutReturn), isTerminated: true };
    first += lines.length;
  }
  rest += decoder.decode();
  if (rest !== "") yield { first, lines: [withoutReturn(rest)], isTerminated: false };
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** The first lines of a file, at most `count`. */
export async function firstLines(path: string, count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { lines } of readLines(path)) {
    found.push(...lines.slice(0, count - found.length));
    if (found.length >= count) break;
  }
  return found;
}

/** The last line of a file and its number; number 0 and no text for an empty or missing file. */
export async function lastLine(path: string): Promise<{ number: number; text: string }> {
  let last = { number: 0, text: "" };
  if (!existsSync(path)) return last;
  for await (const { first, lines } of readLines(path)) {
    last = { number: first + lines.length - 1, text: lines[lines.length - 1] };
  }
  return last;
}

/**
 * The fields of one line.
 * @param isQuoted - fields may be wrapped in double quotes, as in RFC 4180.
 * @returns null when a quote is left open.
 */
export function splitFields(line: string, delimiter: string, isQuoted: boolean): string[] | null {
  if (!isQuoted || !line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const field = line[at] === '"' ? quotedField(line, at) : plainField(line, at, delimiter);
    if (field === null) return null;
    fields.push(field.text);
    if (field.end < line.length && !line.startsWith(delimiter, field.end)) return null;
    at = field.end + delimiter.length;
  }
  return fields;
}

interface Field {
  readonly text: string;
  readonly end: number;
}

function plainField(line: string, from: number, delimiter: string): Field {
  const found = line.indexOf(delimiter, from);
  const end = found < 0 ? line.length : found;
  return { text: line.slice(from, end), end };
}

function quotedField(line: string, from: number): Field | null {
  let end = line.indexOf('"', from + 1);
  while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
  if (end < 0) return null;
  return { text: line.slice(from + 1, end).replaceAll('""', '"'), end: end + 1 };
}
