import { defineConfig } from 'vitest/config';

/** What needs a real mesh: `npm run test:mesh`, which makes the namespaces that this runs in. */
export default defineConfig({
  test: { include: ['test/mesh/*.live.ts'], testTimeout: 60_000, hookTimeout: 300_000, fileParallelism: false },
});
