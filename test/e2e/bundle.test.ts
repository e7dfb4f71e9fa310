import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import { type Directus, startDirectus } from './support/directus.ts';
import { type LogLine, logLines } from './support/log.ts';

interface ExtensionRow {
	name: string;
	bundle: string | null;
	schema: { name: string; type: string } | null;
	meta: { enabled: boolean };
}

const INFO = 30;

let directus: Directus;

beforeAll(async () => {
	directus = await startDirectus();
});
afterAll(() => directus.stop());

describe('the packed bundle in Directus', () => {
	it('is loaded with every entry that its manifest names, all of them enabled', async () => {
		const rows = await directus.data<ExtensionRow[]>('GET', '/extensions');
		const bundle = rows.find(({ schema }) => schema?.name === 'directus-extension-ai-cache');
		const entries = rows.filter(({ bundle: parent }) => parent !== null);
		expect(bundle?.schema?.type).toBe('bundle');
		expect(entries.map(({ schema }) => schema?.name).sort()).toEqual(
			manifest['directus:extension'].entries.map(({ name }) => name).sort(),
		);
		expect(entries.every(({ meta }) => meta.enabled)).toBe(true);
	});

	it('starts without a warning or an error', () => {
		const ofDirectusItself = ({ msg }: LogLine) => msg.startsWith('Spatialite');
		const complaints = logLines(directus.logs()).filter((line) => line.level > INFO && !ofDirectusItself(line));
		expect(complaints).toEqual([]);
	});

	it('answers the public with 403 on its routes', async () => {
		const generate = await directus.api('POST', '/ai-cache/generate', {}, null);
		const stats = await directus.api('GET', '/ai-cache/stats', undefined, null);
		expect([generate.status, stats.status]).toEqual([403, 403]);
	});

	it('serves the Studio its part', async () => {
		const answer = await directus.api<string>('GET', '/extensions/sources/index.js', undefined, null);
		expect(answer.status).toBe(200);
		expect(answer.body).toContain('ai-cache');
	});
});
