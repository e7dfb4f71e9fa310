import { defineConfig } from 'vitest/config';

/** The packed bundle in a real Directus. One file at a time: each starts its own Directus. */
export default defineConfig({
	test: {
		include: ['test/e2e/**/*.test.ts'],
		exclude: ['test/e2e/browser/**', '**/node_modules/**'],
		globalSetup: ['test/e2e/support/database-setup.ts'],
		setupFiles: ['test/e2e/support/setup.ts'],
		fileParallelism: false,
		execArgv: ['--disable-warning=ExperimentalWarning'],
		testTimeout: 120_000,
		hookTimeout: 240_000,
	},
});
