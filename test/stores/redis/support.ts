import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { StoreEvents } from '../../../src/cache/store.ts';
import { RedisStore, type RedisStoreOptions } from '../../../src/stores/redis/redis-store.ts';
import { JOURNAL_ROWS, MAX_ENTRY_BYTES, STALE_SECONDS, type StoreHarness } from '../../contract/harness.ts';
import { fakeClock } from '../../support/clock.ts';
import type { TestRedis } from '../../support/redis.ts';

const OPERATIONS = new URL('../../../docs/operations.md', import.meta.url);

/** The same Redis, spoken to as a user who may do no more than `docs/operations.md` says is needed. */
export async function withDocumentedRights(redis: TestRedis): Promise<TestRedis> {
	const line = /^ACL SETUSER (.+)$/m.exec(readFileSync(OPERATIONS, 'utf8'))?.[1] ?? '';
	const [user = '', ...rules] = line.replaceAll('ai-cache:*', `${NAMESPACES}*`).split(' ');
	await redis.client.acl('SETUSER', user, ...rules);
	return { ...redis, url: redis.url.replace('//', `//${user}:password@`) };
}

const NAMESPACES = 't';
export const newNamespace = (): string => NAMESPACES + randomUUID().slice(0, 8);

/** A store as one process has it, connected, with its hints heard. */
export async function openRedisStore(
	options: Pick<RedisStoreOptions, 'connection' | 'namespace'> & Partial<RedisStoreOptions>,
): Promise<RedisStore> {
	const store = new RedisStore({
		firstLevelBytes: 5_000_000,
		maxEntryBytes: MAX_ENTRY_BYTES,
		maxTtl: 86_400,
		staleSeconds: STALE_SECONDS,
		journalRows: JOURNAL_ROWS,
		...options,
	});
	await store.open();
	await expect.poll(async () => (await store.health()).hints, { interval: 10, timeout: 5000 }).toBe('up');
	return store;
}

export const connectionTo = ({ url }: Pick<TestRedis, 'url'>): RedisStoreOptions['connection'] => ({
	url,
	connectTimeoutMs: 2000,
});

export interface RedisHarness extends StoreHarness {
	store: RedisStore;
	other: RedisStore;
	namespace: string;
	errors: unknown[];
}

/** Two processes' stores in a namespace of their own. */
export async function redisHarness(redis: TestRedis, options: Partial<RedisStoreOptions> = {}): Promise<RedisHarness> {
	const harness = await storesAt(connectionTo(redis), options);
	const { namespace } = harness;
	const damage = async (key: string, bytes: Buffer): Promise<void> => {
		await redis.client.set(`${namespace}:v2:entry:{${key}}`, bytes);
	};
	return { ...harness, damage };
}

export async function storesAt(
	connection: RedisStoreOptions['connection'],
	options: Partial<RedisStoreOptions> = {},
): Promise<RedisHarness> {
	const clock = fakeClock();
	const namespace = newNamespace();
	const undecodable: string[] = [];
	const errors: unknown[] = [];
	const open = (): Promise<RedisStore> => {
		const events: Partial<StoreEvents> = {
			undecodable: (key) => undecodable.push(key),
			error: (error) => errors.push(error),
		};
		return openRedisStore({ connection, namespace, clock, events, ...options });
	};
	const [store, other] = await Promise.all([open(), open()]);
	return {
		store,
		other,
		clock,
		namespace,
		errors,
		undecodable,
		pass: async (ms) => {
			await new Promise((resolve) => setTimeout(resolve, ms));
			clock.advance(ms);
		},
		stop: async () => {
			await Promise.all([store.close(), other.close()]);
		},
	};
}
