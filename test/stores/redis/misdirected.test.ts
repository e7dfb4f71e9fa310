import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { freeTag } from '../../../src/cache/tags/tags.ts';
import { describeError } from '../../../src/host/store-outage.ts';
import { isMisdirected } from '../../../src/stores/redis/connection/refusals.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { guarded, neverFresh, put, redisWith, stopAll } from '../decorators/support.ts';
import { newNamespace, openRedisStore } from './support.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
	await stopAll();
	for (const stop of stops.splice(0)) await stop();
});

describe('a proxy whose new connections lead to the promoted replica', { timeout: 30_000 }, () => {
	it('is connected to anew, and what was invalidated meanwhile is not served', async () => {
		const [first, second] = await Promise.all([redisWith(), redisWith()]);
		await second.client.replicaof('127.0.0.1', first.port);
		await expect.poll(() => second.client.info('replication'), { timeout: 15_000 }).toContain('master_link_status:up');
		const proxy = await startTcpProxy(first.port);
		stops.push(() => proxy.close());
		const store = await guarded(
			{ url: `redis://127.0.0.1:${proxy.port}`, connectTimeoutMs: 2000 },
			new MemoryOutbox(),
			newNamespace(),
		);
		const entry = await put(store, { freeTags: ['a'] });
		await first.client.wait(1, 5000);
		proxy.leadTo(second.port);
		await second.client.replicaof('NO', 'ONE');
		await first.client.replicaof('127.0.0.1', second.port);
		await store.invalidate([freeTag('a')]);
		await neverFresh(store, entry);
		await expect.poll(() => put(store, { freeTags: ['a'] }).catch(() => null), { timeout: 5000 }).not.toBeNull();
		expect(store.pendingInvalidations).toBe(0);
		// The subscriber's connection as well as the commands'.
		await expect.poll(async () => String(await second.client.client('LIST'))).toMatch(/name=ai-cache-hints/);
	});
});

describe('a Redis that refuses', () => {
	it.each([
		['READONLY', 'yes', '0'],
		['MASTERDOWN', 'no', '0'],
		['NOREPLICAS', 'yes', '1'],
	])('is named by its %s, and connected to anew', async (code, servesStaleData, replicas) => {
		const redis = await redisWith();
		if (code !== 'NOREPLICAS') await redis.client.replicaof('127.0.0.1', 1);
		await redis.client.config('SET', 'replica-serve-stale-data', servesStaleData);
		await redis.client.config('SET', 'min-replicas-to-write', replicas);
		const errors: unknown[] = [];
		const store = await openRedisStore({
			connection: { url: redis.url, connectTimeoutMs: 2000 },
			namespace: newNamespace(),
			firstLevelBytes: 0,
			events: { error: (error) => errors.push(error) },
		}).catch(() => null);
		stops.push(() => store?.close());
		await store?.getDocument('note').catch(() => {});
		await store?.putDocument('note', '', 1000).catch(() => {});
		await expect.poll(() => errors.map(describeError).join()).toContain(code);
		await expect
			.poll(async () => Number(/total_connections_received:(\d+)/.exec(await redis.client.info('stats'))?.[1]))
			.toBeGreaterThan(3);
	});

	it('while it loads its data is connected to anew, and named', async () => {
		const sockets = new Set<Socket>();
		let connections = 0;
		const server = createServer((socket) => {
			connections++;
			sockets.add(socket);
			const loading = 'loading:1\r\nloading_eta_seconds:60\r\n';
			socket
				.on('error', () => {})
				.on('data', (data) => {
					const commands = String(data)
						.split(/^\*\d+\r\n/m)
						.slice(1);
					const replies = commands.map((command) =>
						/^info\r$/im.test(command) ? `$${loading.length}\r\n${loading}\r\n` : '+OK\r\n',
					);
					socket.write(replies.join(''));
				});
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		stops.push(() => {
			server.close();
			for (const socket of sockets) socket.destroy();
		});
		const errors: unknown[] = [];
		const { RedisStore } = await import('../../../src/stores/redis/redis-store.ts');
		const store = new RedisStore({
			connection: { host: '127.0.0.1', port: (server.address() as AddressInfo).port, connectTimeoutMs: 2000 },
			namespace: newNamespace(),
			firstLevelBytes: 0,
			maxEntryBytes: 1000,
			maxTtl: 1000,
			staleSeconds: 0,
			journalRows: 1,
			events: { error: (error) => errors.push(error) },
		});
		stops.push(() => store.close());
		void store.open();
		await expect.poll(() => connections, { timeout: 10_000 }).toBeGreaterThan(3);
		expect(errors.map(describeError).join()).toContain('LOADING');
	}, 20_000);
});

describe('a reply', () => {
	it.each([
		['READONLY You can’t write against a read only replica. script: 0a1b, on @user_script:1.', 'READONLY'],
		['ERR Error running script (call to f_0a): @user_script:1: -READONLY You can’t write.', 'READONLY'],
		['MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to ‘no’.', 'MASTERDOWN'],
		['LOADING Redis is loading the dataset in memory', 'LOADING'],
		['NOREPLICAS Not enough good replicas to write.', 'NOREPLICAS'],
	])('of “%s” asks for another connection', (message, code) => {
		expect(isMisdirected(new Error(message))).toBe(true);
		expect(describeError(new Error(message))).toMatch(new RegExp(`^${code} `));
	});

	it.each(['MOVED 1 a:1', 'ERR wrong number of arguments', 'OOM command not allowed', 'WRONGTYPE no'])(
		'of “%s” does not',
		(message) => {
			expect(isMisdirected(new Error(message))).toBe(false);
		},
	);
});
