import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { asker } from './support/generations.ts';
import { type LogLine, logLines } from './support/log.ts';

interface ExtensionRow {
	id: string;
	name: string;
	bundle: string | null;
	schema: { name: string; type: string } | null;
	meta: { enabled: boolean };
}

const INFO = 30;

let directus: Directus;
let provider: ProviderEmulator;

beforeAll(async () => {
	provider = await startProviderEmulator();
	directus = await startDirectus({ env: { AI_CACHE_STORE: 'memory', ...provider.environment() } });
});
afterAll(async () => {
	await directus.stop();
	await provider.stop();
});

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

describe('when Directus loads its extensions anew', () => {
	const ask = (request: object) => asker(directus)(request);
	const isHit = async (request: object) => (await ask(request)).cache === 'HIT';
	const declared = (prompt: string) => ({ provider: 'openai', model: 'gpt-4o-mini', collection: 'tags', prompt });
	const ids = async (): Promise<{ bundle: string; hook: string }> => {
		const rows = await directus.data<ExtensionRow[]>('GET', '/extensions');
		const find = (name: string) => rows.find(({ schema }) => schema?.name === name)!.id;
		return { bundle: find('directus-extension-ai-cache'), hook: find('ai-cache-hook') };
	};
	const isServed = async () => (await directus.api('GET', '/ai-cache/health')).status === 200;
	const enable = async (id: string, enabled: boolean) => {
		const { status } = await directus.api('PATCH', `/extensions/${id}`, { meta: { enabled } });
		await directus.data('GET', '/extensions');
		await expect.poll(isServed, { timeout: 20_000 }).toBe(enabled);
		return status;
	};

	it('its hook cannot be switched off alone, without which no change would be seen', async () => {
		const { hook } = await ids();
		const answer = await directus.api('PATCH', `/extensions/${hook}`, { meta: { enabled: false } });
		expect(answer.status).toBe(422);
	});

	it('answers, figures and the journal of the memory store stay', async () => {
		const { bundle } = await ids();
		await ask(declared('Of tags'));
		await directus.data('POST', '/ai-cache/invalidate', { tags: ['none'] });
		const rows = async () => (await directus.data<{ rows: unknown[] }>('GET', '/ai-cache/journal')).rows.length;
		const before = await rows();
		// What was written just now may have been told to nobody.
		await new Promise((resolve) => setTimeout(resolve, 6000));
		await enable(bundle, true);
		expect(await isHit(declared('Of tags'))).toBe(true);
		expect(await rows()).toBeGreaterThanOrEqual(before);
	});

	it('what changed while the bundle was switched off is not answered from before', async () => {
		const { bundle } = await ids();
		const request = declared('Of tags while off');
		await ask(request);
		expect(await isHit(request)).toBe(true);
		await enable(bundle, false);
		await directus.data('PATCH', '/items/tags/1', { label: 'written unseen' });
		await new Promise((resolve) => setTimeout(resolve, 6000));
		await enable(bundle, true);
		expect((await ask(request)).cache).toBe('MISS');
		expect(await isHit(request)).toBe(true);
	});
});
