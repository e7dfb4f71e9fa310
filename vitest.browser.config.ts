import { defineConfig } from 'vitest/config';

/** The Studio in a real browser, against a real Directus. */
export default defineConfig({
	test: {
		include: ['test/e2e/browser/**/*.test.ts'],
		setupFiles: ['test/e2e/support/setup.ts'],
		fileParallelism: false,
		execArgv: ['--disable-warning=ExperimentalWarning'],
		testTimeout: 180_000,
		hookTimeout: 240_000,
	},
});
