import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type GenerationAnswer, PROVIDERS } from '../../src/shared/api-types.ts';
import { countCommands } from '../support/command-counts.ts';
import { keyOf, type ProviderEmulator, startProviderEmulator } from '../support/provider-emulator.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type Directus, startDirectus } from './support/directus.ts';
import { importJson } from './support/forms.ts';
import { type Ask, asker, statsOf } from './support/generations.ts';
import { logLines } from './support/log.ts';
import { ADMIN } from './support/process.ts';
import { commandsDuring, readsDuring, untilQuiet } from './support/redis-commands.ts';

const NAMESPACE = 'e2e';
const CANARY = 'periwinkle';
const BATCH = 500;
/** Of each request, for the store; the contract's default. */
const BUDGET_MS = 250;

let redis: TestRedis;
let emulator: ProviderEmulator;
let directus: Directus;
let first: Ask;
let second: Ask;
let prompts = 0;

const chat = (more: object = {}) => ({
	provider: 'openai',
	model: 'gpt-4o-mini',
	prompt: `${CANARY} ${++prompts}`,
	...more,
});

beforeAll(async () => {
	[redis, emulator] = await Promise.all([startRedis(), startProviderEmulator()]);
	directus = await startDirectus({
		processes: 2,
		env: {
			...emulator.environment(),
			AI_CACHE_REDIS: redis.url,
			AI_CACHE_NAMESPACE: NAMESPACE,
			AI_CACHE_UPSTREAM_RETRIES: '0',
			// A machine that is busy with other things must not look like a store that is away.
			AI_CACHE_STORE_TIMEOUT: '10s',
		},
	});
	first = asker(directus.process(0));
	second = asker(directus.process(1));
});
afterAll(async () => {
	await directus.stop();
	await emulator.stop();
	await redis.stop();
});
beforeEach(() => emulator.reset());

describe('two Directus processes on one Redis', () => {
	it('answer from what either of them stored', async () => {
		const request = chat();
		const made = await first(request);
		const found = await second(request);
		expect([made.cache, found.cache]).toEqual(['MISS', 'HIT']);
		expect(found.data?.response).toEqual(made.data?.response);
		expect(emulator.calls()).toBe(1);
	});

	it('never answer from before an item’s update through the other, 200 times in a row', async () => {
		const request = chat({ collection: 'articles', item: 2, fields: ['title'] });
		let stale = 0;
		for (let round = 1; round <= 200; round++) {
			const warm = await second(request);
			const again = await second(request);
			const title = `Title of round ${round}`;
			await directus.process(0).data('PATCH', '/items/articles/2', { title });
			const after = await second(request);
			if (after.data?.response['id'] === warm.data?.response['id']) stale++;
			expect([again.cache, after.cache], `round ${round}`).toEqual(['HIT', 'MISS']);
		}
		expect(stale).toBe(0);
	}, 240_000);

	it('tell each other once of a change that was committed by then, and again after a transaction', async () => {
		const process = directus.process(0);
		const sequence = async () => Number(await redis.client.get(`${NAMESPACE}:v2:{bus}:sequence`));
		const told = async (method: string, path: string, body?: unknown): Promise<number> => {
			const before = await sequence();
			await process.data(method, path, body);
			return (await sequence()) - before;
		};
		const { id } = await process.data<{ id: number }>('POST', '/items/tags', { label: 'one' });
		expect(await told('PATCH', `/items/tags/${id}`, { label: 'two' })).toBe(1);
		expect(await told('PATCH', '/items/tags', { keys: [id], data: { label: 'three' } })).toBe(1);
		const query = { filter: { id: { _eq: id } } };
		expect(await told('PATCH', '/items/tags', { query, data: { label: 'four' } })).toBe(1);
		// One transaction around it all, of which Directus tells before it is over.
		expect(await told('PATCH', '/items/tags', [{ id, label: 'five' }])).toBe(2);
		// The same, of which no request waits for the end; the third is the message to the user that it was done.
		const before = await sequence();
		await importJson(process.url, 'tags', [{ id, label: 'six' }], '?background=true');
		await expect.poll(async () => (await sequence()) - before, { timeout: 5000 }).toBe(3);
		expect(await told('DELETE', `/items/tags/${id}`)).toBe(1);
	});

	it('are told of an update by one command, the same with two processes and with four', async () => {
		const process = directus.process(0);
		const { id } = await process.data<{ id: number }>('POST', '/items/tags', { label: 'one' });
		const update = (label: string) =>
			commandsDuring(redis, () => process.data('PATCH', `/items/tags/${id}`, { label }));
		expect(await update('two')).toEqual(['eval']);
		const more = [await directus.join(), await directus.join()];
		expect(await update('three')).toEqual(['eval']);
		for (const each of more) await each.stop();
	});

	it('send Redis nothing while nobody asks them', async () => {
		await untilQuiet();
		expect(await countCommands([redis], () => wait(3000))).toEqual({});
	});

	it('make one call for those who ask both of them at the same time', async () => {
		const request = chat();
		const release = emulator.hold();
		const asking = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? first : second)(request));
		await emulator.whenCalled(1);
		await wait(700);
		release();
		const answers = await Promise.all(asking);
		expect(emulator.calls()).toBe(1);
		expect(answers.filter(({ cache }) => cache === 'MISS')).toHaveLength(1);
		expect(answers.filter(({ cache }) => cache === 'COALESCED')).toHaveLength(15);
		expect(new Set(answers.map(({ data }) => data?.response['id'])).size).toBe(1);
	});

	it('prove a known hit of a caller who was let in a moment ago by one round trip', async () => {
		const request = chat();
		for (let times = 0; times < 2; times++) await first(request);
		// Who may do what has to be known for a second before anybody is remembered.
		await wait(1200);
		await first(request);
		const sent = await readsDuring(redis, async () => expect((await first(request)).cache).toBe('HIT'));
		expect(sent).toEqual({ mget: 1, naming: ['mget'] });
	});

	it('add up their figures', async () => {
		const request = chat({ model: 'gpt-4o' });
		await first(request);
		await Promise.all([first(request), second(request), second(request)]);
		const figuresIn = async (index: number) =>
			(await statsOf(directus.process(index))).providers.openai.models['gpt-4o'];
		await expect.poll(async () => (await figuresIn(0))?.hits, { timeout: 5000 }).toBe(3);
		await expect.poll(async () => (await figuresIn(1))?.hits, { timeout: 5000 }).toBe(3);
		expect(await figuresIn(0)).toMatchObject({ lookups: 4, hits: 3, misses: 1, stored: 1, entries: 1, hit_rate: 0.75 });
	});
});

describe('an entry that cannot be decoded', () => {
	it('is a miss, is dropped, and is said once', async () => {
		const request = chat();
		const key = (await first(request)).data!.cache.key;
		const place = `${NAMESPACE}:v2:entry:{${key}}`;
		expect(await redis.client.exists(place)).toBe(1);
		await redis.client.set(place, 'no entry at all');
		const answer = await second(request);
		expect([answer.status, answer.cache]).toEqual([200, 'MISS']);
		expect((await second(request)).cache).toBe('HIT');
		const told = logLines(directus.logs()).filter(({ msg }) => msg.includes('undecodable'));
		expect(told.map(({ msg }) => msg)).toEqual([`AI cache: dropped the undecodable entry ${key}`]);
	});
});

describe('the leader’s death', () => {
	it('neither fails nor holds up those who wait for it', async () => {
		const request = chat();
		const release = emulator.hold();
		const leader = second(request).catch(() => null);
		await emulator.whenCalled(1);
		const waiting = first(request);
		await wait(300);
		await directus.process(1).kill();
		release();
		const answer = await waiting;
		expect(await leader).toBeNull();
		expect([answer.status, answer.cache]).toEqual([200, 'MISS']);
		expect(answer.ms).toBeLessThan(15_000);
		await directus.process(1).restart();
	});
});

describe('with nothing kept in the process', () => {
	beforeAll(() =>
		directus.process(0).restart({ AI_CACHE_FIRST_LEVEL_MAX: '0', AI_CACHE_STORE_TIMEOUT: `${BUDGET_MS}ms` }),
	);

	it('a plain hit is two round trips on the normal way', async () => {
		const request = chat({ collection: 'articles', item: 3 });
		await first(request);
		await first(request);
		const sent = await readsDuring(redis, async () => expect((await first(request)).cache).toBe('HIT'));
		expect(sent).toEqual({ mget: 2, naming: ['mget', 'mget'] });
	});

	it(`a batch of ${BATCH} look-ups is one round trip beside that for who may do what, and nothing walks the keys`, async () => {
		const requests = Array.from({ length: BATCH }, () => chat());
		const stored = requests.map((request) => ({ ...request, text: 'Obtained elsewhere' }));
		await redis.resetCommandCalls();
		await directus.data('POST', '/ai-cache/store', stored);
		let found: { data: GenerationAnswer | null }[] = [];
		const sent = await readsDuring(redis, async () => {
			found = await directus.data('POST', '/ai-cache/lookup', requests);
		});
		expect(found.filter(({ data }) => data?.text === 'Obtained elsewhere')).toHaveLength(BATCH);
		// The first is read before Directus authenticates; no command names more than 512.
		expect(sent.mget).toBe(1 + Math.ceil((BATCH + 10) / 512));
		await directus.data('POST', '/ai-cache/invalidate', { provider: 'openai', collection: 'articles' });
		const commands = await redis.commandCalls();
		expect([commands['keys'], commands['scan']]).toEqual([undefined, undefined]);
	});
});

describe('without its Redis', () => {
	it('each request goes past the cache within its budget, and comes back to it', async () => {
		const request = chat();
		await first(request);
		redis.freeze();
		const frozen = await first(request);
		redis.thaw();
		expect([frozen.status, frozen.cache]).toEqual([200, 'BYPASS']);
		expect(frozen.ms).toBeLessThan(BUDGET_MS + 1000);
		await redis.kill();
		const gone = await first(request);
		expect([gone.status, gone.cache]).toEqual([200, 'BYPASS']);
		expect(gone.data?.cache.not_stored).toBe('store_unavailable');
		await redis.restart();
		await expect.poll(async () => (await first(request)).cache, { timeout: 30_000, interval: 500 }).toBe('HIT');
	});
});

describe('an admin’s routes, without its Redis', () => {
	it('say so at once, each with 503 and its code', async () => {
		await redis.kill();
		for (const route of ['/stats', '/entries', '/entries/none', '/journal', '/warm', '/warm/candidates']) {
			const { status, body, ms } = await directus.process(0).api('GET', `/ai-cache${route}`);
			expect([route, status]).toEqual([route, 503]);
			expect(body).toMatchObject({ errors: [{ extensions: { code: 'AI_CACHE_STORE_UNAVAILABLE' } }] });
			expect(ms).toBeLessThan(3000);
		}
		await redis.restart();
	});
});

describe('the logs', () => {
	it('of both hold no prompt, no provider key and no token', () => {
		const log = directus.logs();
		for (const secret of [CANARY, ADMIN.token, redis.url, ...PROVIDERS.map(keyOf)]) expect(log).not.toContain(secret);
	});
});
