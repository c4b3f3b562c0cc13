import { defineConfig } from 'vitest/config';

/** What needs a real API server: `npm run test:live`. */
export default defineConfig({
  test: { include: ['test/live/*.live.ts'], testTimeout: 120_000, hookTimeout: 180_000 },
});
