// Loaded before a program, as `node --import ./bench/report-memory.js PROGRAM`: when that ends, writes
// the most memory it held, in bytes, as the last line on stderr.
process.on("exit", () => {
  process.stderr.write(`\n${process.resourceUsage().maxRSS * 1024}\n`);
});
