/**
 * Loads `onnxruntime-node`, or says why that cannot be. It is an optional peer (docs/runtime.md):
 * it may be absent, old, without a binary for this machine, or damaged.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ORT_VERSION, type OrtModule } from "./ort.ts";

export interface NativeModule {
  readonly ort: OrtModule & {
    /** The execution providers it was built for, e.g. `{ name: "cuda", bundled: false }`. */
    listSupportedBackends(): { name: string; bundled: boolean }[];
  };
  /** The folder of the package. */
  readonly folder: string;
  /** The folder of its libraries for this machine. */
  readonly binaries: string;
}

// Not `import`: it is told from other failures when the package itself is not there, its version
// is known before its code runs, and it loads sooner.
const require = createRequire(import.meta.url);

/** @throws Error whose message is the reason, ready to be shown. */
export function loadNative(): NativeModule {
  const folder = findPackage();
  const { version } = require(join(folder, "package.json")) as { version: string };
  if (isOlder(version, ORT_VERSION)) {
    throw new Error(`onnxruntime-node ${version} is older than ${ORT_VERSION}`);
  }
  const binaries = join(folder, "bin", "napi-v6", process.platform, process.arch);
  if (!existsSync(binaries)) {
    throw new Error(
      `onnxruntime-node ${version} has no binary for ${process.platform}-${process.arch}`,
    );
  }
  for (const file of readdirSync(binaries)) refuseTruncated(join(binaries, file));
  return { ort: require(folder) as NativeModule["ort"], folder, binaries };
}

function findPackage(): string {
  try {
    return dirname(require.resolve("onnxruntime-node/package.json"));
  } catch (cause) {
    throw new Error("onnxruntime-node is not installed", { cause });
  }
}

/** Compares the first three numbers of two versions. */
function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.-]/, 3).map(Number));
  const first = a.findIndex((part, i) => part !== b[i]);
  return first >= 0 && a[first] < b[first];
}

/**
 * Linux maps a library that is cut short without complaint, and the process dies of SIGBUS when it
 * reads past the end: no error that could be caught. The table of sections, at the end of an ELF
 * file, tells its length (System V ABI, "ELF header", for 64-bit files).
 */
function refuseTruncated(path: string): void {
  const header = new DataView(new ArrayBuffer(64));
  const file = openSync(path, "r");
  try {
    const numBytes = readSync(file, header);
    const isElf = numBytes === 64 && header.getUint32(0) === 0x7f454c46 && header.getUint8(4) === 2;
    if (!isElf) return;
    const sectionsAt = Number(header.getBigUint64(0x28, true));
    const expected = sectionsAt + header.getUint16(0x3a, true) * header.getUint16(0x3c, true);
    const { size } = fstatSync(file);
    if (size < expected) {
      throw new Error(`${path} is cut short: ${size} of ${expected} bytes; install it again`);
    }
  } finally {
    closeSync(file);
  }
}
