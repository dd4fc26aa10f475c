/**
 * The MovieLens archives that `usher data fetch` knows, and what their bytes must hash to.
 *
 * Where the checksums come from: GroupLens publishes the md5 of most archives beside them, as
 * `NAME.zip.md5`. The md5s here are those values as several independent public projects quote
 * them and check their downloads against. ml-latest-small is renewed from time to time; its
 * sha256 is what TensorFlow Datasets and others recorded of the release of 9/2018, and nobody has
 * compared it with a word of the publisher.
 */
import { InputError } from "../../common/errors.ts";

/** What a file must hash to. */
export interface Checksum {
  readonly algorithm: "md5" | "sha256";
  /** Lower-case hexadecimal. */
  readonly digest: string;
  /** Whether it is the publisher's own word; if not, others recorded it from their downloads. */
  readonly isConfirmed: boolean;
}

/** One archive, `NAME.zip` at the publisher's. */
export interface Archive {
  readonly name: string;
  readonly checksum: Checksum;
}

/** Where GroupLens keeps the archives. */
export const MOVIELENS_URL = "https://files.grouplens.org/datasets/movielens/";

const published = (name: string, digest: string): Archive => ({
  name,
  checksum: { algorithm: "md5", digest, isConfirmed: true },
});

/** Every archive that can be fetched, by size. */
export const ARCHIVES: readonly Archive[] = [
  {
    name: "ml-latest-small",
    checksum: {
      algorithm: "sha256",
      digest: "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
      isConfirmed: false,
    },
  },
  published("ml-100k", "0e33842e24a9c977be4e0107933c0723"),
  published("ml-1m", "c4d9eecfca2ab87c1945afe126590906"),
  published("ml-10m", "ce571fd55effeba0271552578f2648bd"),
  published("ml-20m", "cd245b17a1ae2cc31bb14903e1204af3"),
  published("ml-32m", "d472be332d4daa821edc399621853b57"),
  published("ml-25m", "6b51fb2759a8657d3bfcbfc42b592ada"),
];

/** @throws InputError when no archive has this name. */
export function findArchive(name: string): Archive {
  const archive = ARCHIVES.find((candidate) => candidate.name === name);
  if (archive) return archive;
  const names = ARCHIVES.map((candidate) => candidate.name).join(", ");
  throw new InputError(`data fetch: expected one of ${names}, got "${name}"`);
}

/**
 * Reads a checksum as a user types it, "md5:0e33…" or "sha256:696d…".
 * @throws InputError when it is neither.
 */
export function parseChecksum(text: string): Checksum {
  const match = /^(?:(md5):([0-9a-f]{32})|(sha256):([0-9a-f]{64}))$/i.exec(text.trim());
  if (!match) {
    throw new InputError(
      `--checksum: expected "md5:" and 32 or "sha256:" and 64 hexadecimal digits, got "${text}"`,
    );
  }
  const [, md5, md5Digest, , sha256Digest] = match;
  const digest = (md5 ? md5Digest : sha256Digest).toLowerCase();
  return { algorithm: md5 ? "md5" : "sha256", digest, isConfirmed: true };
}
