import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { InvalidationResult, StatsReport, WarmJob } from '../../src/shared/api-types.ts';
import { type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { asker } from './support/generations.ts';
import { ADMIN } from './support/process.ts';

let redis: TestRedis;
let provider: ProviderEmulator;
let directus: Directus;

beforeAll(async () => {
	[redis, provider] = await Promise.all([startRedis(), startProviderEmulator()]);
	directus = await startDirectus({ env: { AI_CACHE_REDIS: redis.url, ...provider.environment() } });
});
afterAll(async () => {
	await directus.stop();
	await Promise.all([redis.stop(), provider.stop()]);
});

const request = (prompt: string, items = [1]) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt,
	depends_on: [{ collection: 'articles', items }],
});
const command = (...args: string[]) => directus.command(['ai-cache', ...args]);
const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';

async function json<Data>(...args: string[]): Promise<Data> {
	const { code, output } = await command(...args, '--json');
	if (code !== 0) throw new Error(output);
	return JSON.parse(lastLine(output)) as Data;
}

describe('directus ai-cache', () => {
	it('stats: says what the running processes counted', async () => {
		const ask = asker(directus);
		await ask(request('One'));
		await ask(request('One'));
		await expect.poll(async () => (await json<StatsReport>('stats')).overall.hits, { timeout: 60_000 }).toBe(1);
		const { code, output } = await command('stats', '--provider', 'openai');
		expect(code).toBe(0);
		expect(output).toMatch(/gpt-4o-mini +2 +1 +50\.0 %/);
	});

	it('invalidate: counts what it would drop, and drops it for every process', async () => {
		await asker(directus)(request('Two', [2]));
		const criteria = ['--collection', 'articles', '--items', '1,3'];
		const dryRun = await json<InvalidationResult>('invalidate', ...criteria, '--dry-run');
		expect([dryRun.entries, dryRun.dry_run]).toEqual([1, true]);
		expect((await asker(directus)(request('One'))).cache).toBe('HIT');
		const { code, output } = await command('invalidate', ...criteria);
		expect([code, lastLine(output)]).toEqual([0, expect.stringMatching(/^Dropped 1 entry /)]);
		const ask = asker(directus);
		expect((await ask(request('Two', [2]))).cache).toBe('HIT');
		expect((await ask(request('One'))).cache).toBe('MISS');
	});

	it('warm: fills the cache that the running processes answer from', async () => {
		const file = path.join(directus.directory, 'requests.json');
		await writeFile(file, JSON.stringify([request('Warm me'), request('One')]));
		const job = await json<WarmJob>('warm', '--requests', file, '--budget', '1');
		expect([job.state, job.generated, job.already_cached]).toEqual(['done', 1, 1]);
		expect((await asker(directus)(request('Warm me'))).cache).toBe('HIT');
	});

	it('asks the Directus that runs at --url in the same words', async () => {
		const there = ['--url', directus.url, '--token', ADMIN.token];
		const { overall } = await json<StatsReport>('stats', ...there);
		expect(overall.entries).toBeGreaterThan(0);
		const { code, output } = await command('invalidate', '--all', '--url', directus.url, '--token', 'wrong');
		expect([code, lastLine(output)]).toEqual([1, expect.stringContaining('Invalid')]);
	});

	it('refuses what it cannot do with exit code 1, and says why', async () => {
		const { code, output } = await command('invalidate', '--items', '1');
		expect([code, lastLine(output)]).toEqual([1, expect.stringContaining('collection')]);
	});

	it('says how to reach a cache that is in the memory of another process', async () => {
		const { code, output } = await directus.command(['ai-cache', 'stats'], { AI_CACHE_STORE: 'memory' });
		expect(code).toBe(1);
		expect(lastLine(output)).toContain('--url');
	});
});
