/**
 * JSON files with a `formatVersion`: our own formats, each with its schema.
 */
import { InputError } from "./errors.ts";

/**
 * @param where - the file's path or address, for messages.
 * @param remedy - what to do about a damaged one, e.g. "get the bundle again".
 * @throws InputError when the text is not JSON.
 */
export function parseJson(text: string, where: string, remedy?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const advice = remedy === undefined ? "" : `; ${remedy}`;
    throw new InputError(`${where}: not JSON (${(error as Error).message})${advice}`, {
      cause: error,
    });
  }
}

/**
 * `parseJson` of a file whose format has a version.
 * @param newest - the newest version that is read.
 * @throws InputError when the text is not JSON, or of a newer version. What else is wrong with it,
 *   its schema says.
 */
export function parseVersionedJson(
  text: string,
  where: string,
  newest: number,
  remedy?: string,
): unknown {
  const value = parseJson(text, where, remedy);
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === "number" && version > newest) {
    throw new InputError(
      `${where}: formatVersion ${version} is newer than this Usher reads (${newest}); update Usher`,
    );
  }
  return value;
}
