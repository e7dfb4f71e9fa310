import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { VERSION } from '../../../src/services/config/version.ts';

it('the version that the health report names is that of the package', () => {
	const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
	expect(VERSION).toBe(version);
});
