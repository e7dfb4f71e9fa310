import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// @ts-expect-error A script without types.
import * as script from '../scripts/support/addresses.mjs';

const { readOwner, replaceOwner } = script as {
	readOwner(manifest: string): string;
	replaceOwner(text: string, owner: string): string;
};
const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const owner = readOwner(read('package.json'));

describe('the repository’s owner', () => {
	it.each(['package.json', 'README.md'])('is that of repository.url everywhere in %s', (name) => {
		expect(replaceOwner(read(name), owner)).toBe(read(name));
		expect(replaceOwner(read(name), 'someone')).not.toContain(`/${owner}/`);
	});

	it('is in the addresses of the README’s images, which npm and the Marketplace show if they are absolute', () => {
		const images = [...read('README.md').matchAll(/!\[[^\]]*\]\(([^)]*)\)/g)].map(([, target]) => target);
		expect(images).not.toEqual([]);
		const start = `https://raw.githubusercontent.com/${owner}/directus-extension-ai-cache/HEAD/docs/images/`;
		expect(images.filter((image) => !image?.startsWith(start))).toEqual([]);
	});
});
