import { defineConfig } from 'vitest/config';

/** Unit tests and the suite that every store passes: no Directus, no browser. */
export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		exclude: ['test/e2e/**', '**/node_modules/**'],
		testTimeout: 20_000,
		hookTimeout: 30_000,
	},
});
