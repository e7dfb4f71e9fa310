import { defineConfig } from 'vitest/config';

import browser from './vitest.browser.config.ts';

/** Not a test: takes the pictures of the documentation. */
export default defineConfig({ ...browser, test: { ...browser.test, include: ['test/e2e/browser/studio-images.ts'] } });
