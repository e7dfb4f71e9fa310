/**
 * Copies the repository's address from `repository.url` in package.json to every file that contains it. npm and the
 * Marketplace show images of the README only if their addresses are absolute.
 *
 *     npm pkg set repository.url=git+https://github.com/<owner>/directus-extension-ai-cache.git && npm run addresses
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { readOwner, replaceOwner } from './support/addresses.mjs';
import { PROJECT } from './support/run.mjs';

const manifest = path.join(PROJECT, 'package.json');
const owner = readOwner(readFileSync(manifest, 'utf8'));
for (const name of ['package.json', 'README.md']) {
	const file = path.join(PROJECT, name);
	writeFileSync(file, replaceOwner(readFileSync(file, 'utf8'), owner));
}
