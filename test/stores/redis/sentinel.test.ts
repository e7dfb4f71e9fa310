import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { RedisConnectionOptions } from '../../../src/shared/redis-connection.ts';
import { freePort } from '../../support/port.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { newNamespace, openRedisStore } from './support.ts';

const DATA_PASSWORD = 'data-password';

let redis: TestRedis;
const stops: (() => unknown)[] = [];
beforeAll(async () => {
	redis = await startRedis();
	await redis.client.config('SET', 'requirepass', DATA_PASSWORD);
});
afterAll(() => redis.stop());
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

/** A Sentinel that watches the Redis as `mymaster`. */
async function startSentinel(lines: readonly string[]): Promise<number> {
	const directory = await mkdtemp(path.join(tmpdir(), 'ai-cache-sentinel-'));
	const port = await freePort();
	const file = path.join(directory, 'sentinel.conf');
	const watched = [
		`sentinel monitor mymaster 127.0.0.1 ${redis.port} 1`,
		`sentinel auth-pass mymaster ${DATA_PASSWORD}`,
	];
	await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, ...watched, ...lines, ''].join('\n'));
	const sentinel: ChildProcess = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
	stops.push(async () => {
		const ended = once(sentinel, 'exit');
		sentinel.kill('SIGKILL');
		await ended;
		await rm(directory, { recursive: true, force: true });
	});
	return port;
}

describe('Sentinels', () => {
	it.each<[string, string[], Partial<RedisConnectionOptions>]>([
		['no password', [], {}],
		['a password of their own', ['requirepass own'], { sentinelPassword: 'own' }],
		['the data’s password, which is given once', [`requirepass ${DATA_PASSWORD}`], {}],
		[
			'an ACL user',
			['user default off', 'user watcher on >pw ~* &* +@all'],
			{ sentinelUsername: 'watcher', sentinelPassword: 'pw' },
		],
	])('with %s lead to their master', async (_, lines, options) => {
		const port = await startSentinel(lines);
		const connection = {
			sentinels: [{ host: '127.0.0.1', port }],
			password: DATA_PASSWORD,
			connectTimeoutMs: 2000,
			...options,
		};
		const store = await openRedisStore({ connection, namespace: newNamespace() });
		stops.push(() => store.close());
		await store.putDocument('note', 'kept', 10_000);
		expect(await store.getDocument('note')).toBe('kept');
		expect(await store.health()).toMatchObject({ mode: 'sentinel', connected: true, hints: 'up' });
	});
});
