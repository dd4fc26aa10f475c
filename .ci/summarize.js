// Adds up reports of vitest (--reporter=json) and names what failed or was skipped:
//   node .ci/summarize.js REPORT...
// Exit code 1 when a test failed, none ran, or, with USHER_REQUIRE_DATA=1, one was skipped.
import { readFileSync } from "node:fs";

const counts = { passed: 0, failed: 0, skipped: 0 };

for (const path of process.argv.slice(2)) {
  for (const file of JSON.parse(readFileSync(path, "utf8")).testResults) {
    for (const { status, fullName } of file.assertionResults) {
      const outcome = status === "passed" || status === "failed" ? status : "skipped";
      counts[outcome]++;
      if (outcome !== "passed") console.log(`${outcome}: ${file.name}: ${fullName}`);
    }
    // A file that does not load fails without a test that fails.
    const hasFailed = file.assertionResults.some(({ status }) => status === "failed");
    if (file.status === "failed" && !hasFailed) {
      counts.failed++;
      console.log(`failed: ${file.name}: ${file.message}`);
    }
  }
}

const { passed, failed, skipped } = counts;
const mustRunAll = process.env.USHER_REQUIRE_DATA === "1";
if (mustRunAll && skipped > 0) console.log("the data is there, so no test may be skipped");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 || (mustRunAll && skipped > 0) ? 1 : 0;
