import KeyvRedis from '@keyv/redis';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { createCache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import { LRUCache } from 'lru-cache';

import type { TestRedis } from '../../support/redis.ts';

/** What the libraries that are measured beside the engine have in common. */
export interface Library {
	name: string;
	get(key: string): Promise<unknown>;
	/** The value under its key, with the tags where the library knows any. */
	set(key: string, value: string, tags: string[]): Promise<unknown>;
	/** Ends everything that holds the tag, where the library knows any; otherwise exactly these keys. */
	purge(tag: string, keys: string[]): Promise<unknown>;
	close(): Promise<void>;
}

const TTL_MS = 86_400_000;
const KEYS_PER_COMMAND = 10_000;

export const memoryLibraries = (): Library[] => [bento('memory'), cacheable(), cacheManager(), lruCache()];

export const redisLibraries = (redis: TestRedis): Library[] => [
	bento('redis', redis),
	cacheable(redis),
	cacheManager(redis),
	ioredis(redis),
];

function bento(layer: 'memory' | 'redis', redis?: TestRedis): Library {
	const store =
		redis === undefined
			? bentostore().useL1Layer(memoryDriver({ maxItems: 2_000_000 }))
			: bentostore().useL2Layer(redisDriver({ connection: { host: '127.0.0.1', port: redis.port } }));
	const cache = new BentoCache({ default: 'store', stores: { store } });
	return {
		name: layer === 'memory' ? 'bentocache, memory layer' : 'bentocache, Redis layer',
		get: (key) => cache.get({ key }),
		set: (key, value, tags) => cache.set({ key, value, tags, ttl: TTL_MS }),
		purge: (tag) => cache.deleteByTag({ tags: [tag] }),
		close: () => cache.disconnectAll(),
	};
}

function cacheable(redis?: TestRedis): Library {
	const cache = redis === undefined ? new Cacheable() : new Cacheable({ primary: keyvRedis(redis) });
	return {
		name: redis === undefined ? 'cacheable, memory' : 'cacheable, Redis',
		get: (key) => cache.get(key),
		set: (key, value) => cache.set(key, value, TTL_MS),
		purge: (_tag, keys) => inParts(keys, (part) => cache.deleteMany(part)),
		close: () => cache.disconnect(),
	};
}

function cacheManager(redis?: TestRedis): Library {
	const cache = redis === undefined ? createCache() : createCache({ stores: [new Keyv(keyvRedis(redis)) as never] });
	return {
		name: redis === undefined ? 'cache-manager, memory' : 'cache-manager, Redis',
		get: (key) => cache.get(key),
		set: (key, value) => cache.set(key, value, TTL_MS),
		purge: (_tag, keys) => inParts(keys, (part) => cache.mdel(part)),
		close: () => cache.disconnect().then(() => undefined),
	};
}

/** Its own types name another version of keyv than the libraries do. */
const keyvRedis = (redis: TestRedis): never => new KeyvRedis(redis.url) as never;

function ioredis(redis: TestRedis): Library {
	const client = new Redis(redis.url, { enableAutoPipelining: true });
	return {
		name: 'raw ioredis, auto-pipelined',
		get: (key) => client.getBuffer(key),
		set: (key, value) => client.set(key, value, 'PX', TTL_MS),
		purge: (_tag, keys) => inParts(keys, (part) => client.unlink(...part)),
		close: () => {
			client.disconnect();
			return Promise.resolve();
		},
	};
}

function lruCache(): Library {
	const cache = new LRUCache<string, string>({ max: 2_000_000 });
	return {
		name: 'bare lru-cache',
		get: (key) => Promise.resolve(cache.get(key)),
		set: (key, value) => Promise.resolve(cache.set(key, value)),
		purge: (_tag, keys) => {
			for (const key of keys) cache.delete(key);
			return Promise.resolve();
		},
		close: () => Promise.resolve(),
	};
}

async function inParts(keys: string[], work: (part: string[]) => Promise<unknown>): Promise<void> {
	for (let start = 0; start < keys.length; start += KEYS_PER_COMMAND) {
		await work(keys.slice(start, start + KEYS_PER_COMMAND));
	}
}
