import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { GenerationAnswer, JournalRow } from '../../src/shared/api-types.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import type { DirectusProcess } from './support/process.ts';

const ARTICLES = [1, 2, 3, 4, 5, 6];
const TIMEOUT = { timeout: 60_000, interval: 100 };

let redis: TestRedis;
let directus: Directus;
/** How often each article was changed: what an answer made from it must say. */
const truth = new Map(ARTICLES.map((article) => [article, 0]));

beforeAll(async () => {
	redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
	directus = await startDirectus({ processes: 2, env: { AI_CACHE_REDIS: redis.url } });
});
afterAll(async () => {
	await directus.stop();
	await redis.stop();
});

const requestFor = (article: number) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: `About article ${article}`,
	depends_on: [{ collection: 'articles', items: [article], fields: ['title'] }],
});

async function storeAll(process: DirectusProcess): Promise<void> {
	const requests = ARTICLES.map((article) => ({ ...requestFor(article), text: `version ${truth.get(article)}` }));
	await process.data('POST', '/ai-cache/store', requests);
}

/** The article's change counts from the moment on that it was acknowledged. */
async function edit(process: DirectusProcess, article: number): Promise<void> {
	const next = (truth.get(article) ?? 0) + 1;
	await process.data('PATCH', `/items/articles/${article}`, { title: `version ${next}` });
	truth.set(article, next);
}

/** Which articles the process has an answer for; fails for one that is older than the last acknowledged change. */
async function cached(process: DirectusProcess): Promise<number[]> {
	const known = new Map(truth);
	const { body } = await process.api<{ data?: { data?: GenerationAnswer | null }[] }>(
		'POST',
		'/ai-cache/lookup',
		ARTICLES.map(requestFor),
	);
	return ARTICLES.filter((article, index) => {
		const answer = body.data?.[index]?.data;
		if (!answer) return false;
		const version = Number(answer.text.replace('version ', ''));
		expect(version, `article ${article} in ${process.name}`).toBeGreaterThanOrEqual(known.get(article) ?? 0);
		return true;
	});
}

/** Asks the processes again and again until told to stop; rejects with the first stale answer. */
function watch(processes: DirectusProcess[]): () => Promise<number> {
	let watching = true;
	const asked = processes.map(async (process) => {
		let count = 0;
		for (; watching; count++) {
			await cached(process);
			await wait(5);
		}
		return count;
	});
	return async () => {
		watching = false;
		return Math.min(...(await Promise.all(asked)));
	};
}

/** Until both have every answer again but those that may be gone. */
const untilBack = async (expected: number[]): Promise<void> => {
	for (const process of directus.processes) await expect.poll(() => cached(process), TIMEOUT).toEqual(expected);
};

/** Rows of what was carried out late, latest first. */
async function outages(): Promise<JournalRow[]> {
	const { rows } = await directus.process(1).data<{ rows: JournalRow[] }>('GET', '/ai-cache/journal');
	return rows.filter(({ cause }) => cause === 'outage');
}

it('gives nothing stale while Redis goes and comes, whoever changed the content meanwhile', async () => {
	const [first, second] = [directus.process(0), directus.process(1)];
	for (let round = 0; round < 3; round++) {
		await storeAll(first);
		await untilBack(ARTICLES);
		const stop = watch(directus.processes);
		await redis.kill();
		await edit(first, 1);
		await edit(second, 2);
		await edit(first, 1);
		await redis.restart();
		await edit(second, 3);
		await untilBack([4, 5, 6]);
		expect(await stop()).toBeGreaterThan(0);
	}
});

it('gives nothing stale when the process that changed the content died before Redis was back, and says so', async () => {
	const [first, second] = [directus.process(0), directus.process(1)];
	await storeAll(first);
	await untilBack(ARTICLES);
	const before = await outages();
	await redis.kill();
	const away = Date.now();
	await edit(first, 4);
	await first.kill();
	const stop = watch([second]);
	await redis.restart();
	await expect.poll(() => cached(second), TIMEOUT).toEqual([1, 2, 3, 5, 6]);
	await stop();
	await expect.poll(async () => (await outages()).length, TIMEOUT).toBe(before.length + 1);
	const [row] = await outages();
	expect(row).toMatchObject({
		criteria: { collection: 'articles', items: ['4'] },
		entries: 1,
		user: null,
		event: null,
	});
	const [, count, since] =
		/^(\d+) invalidations?, kept since (\S+), while the store was away$/.exec(row?.note ?? '') ?? [];
	expect(Number(count)).toBeGreaterThan(0);
	expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(away);
	await first.restart();
	await untilBack([1, 2, 3, 5, 6]);
});

it('gives nothing stale when every process was restarted while Redis was away', async () => {
	const [first, second] = [directus.process(0), directus.process(1)];
	await storeAll(first);
	await untilBack(ARTICLES);
	await redis.kill();
	await edit(first, 5);
	await Promise.all([first.kill(), second.kill()]);
	await redis.restart();
	await Promise.all([first.restart(), second.restart()]);
	await untilBack([1, 2, 3, 4, 6]);
});
