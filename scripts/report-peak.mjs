// Preloaded by the benchmark: the process says at its end how much memory it took.
process.on('exit', () => process.stderr.write(`peak ${Math.round(process.resourceUsage().maxRSS / 1024)}`));
