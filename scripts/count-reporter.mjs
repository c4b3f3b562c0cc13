/** Prints `N passed, N failed, N skipped` as the very last line of a test run, for whoever reads the log. */
export default class CountReporter {
  onTestRunEnd(modules) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that cannot be loaded has no tests to count, yet the run fails.
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state in count) count[state] += 1;
      }
    }
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`;
    // After coverage and all else that other reporters have to say.
    process.once('exit', () => process.stdout.write(line));
  }
}
