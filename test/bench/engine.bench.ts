/** What a hit costs the engine, beside the same of other libraries and of nothing at all. */
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import KeyvRedis from '@keyv/redis';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';

import { fingerprint, KEY_SCHEMA } from '../../src/cache/cache-key.ts';
import { dialects } from '../../src/providers/registry.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { startRedis } from '../support/redis.ts';
import { answerOf, dependenciesOf, fill, tagsOf } from './support/entries.ts';
import { rate, rateAsync } from './support/rate.ts';
import { perSecond, progress, ratio, section, table } from './support/table.ts';

const BYTES = 2048;
const CONCURRENCY = 50;
/** Asked for in turns, so that what is asked for at the same time is never the same. */
const ENTRIES = 100;
const limits = { maxEntryBytes: 2 ** 22, maxTtl: 86_400, staleSeconds: 0, journalRows: 100 };
const lookup = { key: 'e:1', tags: tagsOf(dependenciesOf(1)) };
const value = answerOf(BYTES, 1).toString();

const redis = await startRedis();
const connection = { url: redis.url, connectTimeoutMs: 1000 };

progress('from memory');
const memory = new MemoryStore({ ...limits, maxBytes: 2 ** 28 });
await fill(memory, 'e', 100, BYTES);
const body = {
	model: 'gpt-4o',
	messages: [{ role: 'user', content: 'Write an SEO title for: How we moved a newsroom' }],
	temperature: 0,
};
const keyOf = (): string =>
	fingerprint({
		provider: 'openai',
		baseUrl: 'https://api.openai.com/v1',
		operation: 'chat',
		model: 'gpt-4o',
		modelVersion: 1,
		scope: 'shared',
		scopeId: '',
		headers: {},
		body: dialects.openai.fingerprintBody('chat', body),
	});
await fill(memory, keyOf().slice(0, -1), 1, BYTES);

if ((await memory.lookup([lookup]))[0] === undefined) throw new Error('no hit to measure');

const lru = new LRUCache<string, string>({ max: 1000 });
lru.set('e:1', value);
const bento = new BentoCache({
	default: 'memory',
	stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 1000 })) },
});
await bento.set({ key: 'e:1', value, tags: ['a', 'b'] });
const cacheable = new Cacheable();
await cacheable.set('e:1', value);
const manager = createCache();
await manager.set('e:1', value);

const own = {
	memory: await rateAsync(() => memory.lookup([lookup]), 1),
	request: await rateAsync(() => memory.lookup([{ key: keyOf(), tags: lookup.tags }]), 1),
};
const libraries = {
	bento: await rateAsync(() => bento.get({ key: 'e:1' }), 1),
	cacheable: await rateAsync(() => cacheable.get('e:1'), 1),
	manager: await rateAsync(() => manager.get('e:1'), 1),
};
const bare = rate(() => lru.get('e:1'));
const best = Math.max(...Object.values(libraries));
section(
	'A hit from memory',
	'An answer of 2 KB with six tags, whose versions are checked, on one core. The libraries check no content.',
	table([
		['', 'hits a second', 'to the best library'],
		['memory store, known key', perSecond(own.memory), ratio(own.memory, best)],
		['memory store, from the request (fingerprint included)', perSecond(own.request), ratio(own.request, best)],
		['bentocache, memory layer', perSecond(libraries.bento), ratio(libraries.bento, best)],
		['cacheable, memory', perSecond(libraries.cacheable), ratio(libraries.cacheable, best)],
		['cache-manager, memory', perSecond(libraries.manager), ratio(libraries.manager, best)],
		['bare lru-cache', perSecond(bare), ratio(bare, best)],
	]),
);

progress('from Redis');
const lookups = Array.from({ length: ENTRIES }, (_, item) => ({
	key: `e:${item}`,
	tags: tagsOf(dependenciesOf(item)),
}));
const plain = new RedisStore({ ...limits, connection, namespace: 'plain', firstLevelBytes: 0 });
await plain.open();
await fill(plain, 'e', ENTRIES, BYTES);
const known = new RedisStore({ ...limits, connection, namespace: 'plain', firstLevelBytes: 2 ** 26 });
await known.open();
for (const store of [plain, known]) {
	const found = await store.lookup(lookups);
	if (!found.every((each) => each?.state === 'fresh')) throw new Error('no hits to measure');
}
await new Promise((resolve) => setTimeout(resolve, 300));
const raw = new Redis(redis.url, { enableAutoPipelining: true });
const names = lookups.map(({ key }) => `plain:v${KEY_SCHEMA}:entry:{${key}}`);
if ((await raw.exists(...names)) !== ENTRIES) throw new Error('the entries are not where they were looked for');
const bentoRedis = new BentoCache({
	default: 'redis',
	stores: { redis: bentostore().useL2Layer(redisDriver({ connection: { host: '127.0.0.1', port: redis.port } })) },
});
const cacheableRedis = new Cacheable({ primary: new KeyvRedis(redis.url) as never });
const managerRedis = createCache({
	stores: [new (await import('keyv')).Keyv(new KeyvRedis(redis.url) as never)] as never,
});
for (const [item, { key }] of lookups.entries()) {
	const answer = answerOf(BYTES, item).toString();
	await bentoRedis.set({ key, value: answer, tags: ['a', `item-${item}`] });
	await cacheableRedis.set(key, answer);
	await managerRedis.set(key, answer);
}

/** Calls a second, each for the next of the entries. */
function rateInTurns<Item>(items: readonly Item[], ask: (item: Item) => Promise<unknown>): Promise<number> {
	let next = 0;
	return rateAsync(() => ask(items[next++ % items.length]!), CONCURRENCY);
}

const halves = [names.slice(0, CONCURRENCY), names.slice(CONCURRENCY)];
let half = 0;
const rates = {
	raw: await rateInTurns(names, (name) => raw.getBuffer(name)),
	together: CONCURRENCY * (await rateAsync(() => raw.mgetBuffer(...halves[half++ % 2]!), 1)),
	tokens: await rateInTurns(lookups, (lookup) => plain.lookup([lookup])),
	known: await rateInTurns(lookups, (lookup) => known.lookup([lookup])),
	bento: await rateInTurns(lookups, ({ key }) => bentoRedis.get({ key })),
	cacheable: await rateInTurns(lookups, ({ key }) => cacheableRedis.get(key)),
	manager: await rateInTurns(lookups, ({ key }) => managerRedis.get(key)),
};
section(
	'A hit from Redis',
	`${ENTRIES} such answers in turns, each with six tags, one of them its own item; ${CONCURRENCY} at a time. “Raw” reads only the stored bytes of the entries.`,
	table([
		['', 'hits a second', 'to raw ioredis'],
		['raw ioredis `getBuffer`, auto-pipelined', perSecond(rates.raw), ratio(rates.raw, rates.raw)],
		[
			`raw ioredis \`mgetBuffer\`, ${CONCURRENCY} in one command`,
			perSecond(rates.together),
			ratio(rates.together, rates.raw),
		],
		['entry and six tags, decoded each time', perSecond(rates.tokens), ratio(rates.tokens, rates.raw)],
		['entry and six tags, decoded before', perSecond(rates.known), ratio(rates.known, rates.raw)],
		['bentocache, Redis layer', perSecond(rates.bento), ratio(rates.bento, rates.raw)],
		['cacheable, Redis', perSecond(rates.cacheable), ratio(rates.cacheable, rates.raw)],
		['cache-manager, Redis', perSecond(rates.manager), ratio(rates.manager, rates.raw)],
	]),
);
await Promise.all([plain.close(), known.close(), bento.disconnectAll(), bentoRedis.disconnectAll()]);
raw.disconnect();
await redis.stop();
process.exit(0);
