// Lets a shell start the file: tsc writes none that may be executed.
//   node scripts/make-executable.js dist/cli/main.js
import { chmodSync } from "node:fs";

chmodSync(process.argv[2], 0o755);
