import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { countCommands } from './command-counts.ts';
import { startCluster } from './redis-cluster.ts';
import { startRedis, type TestRedis } from './redis.ts';

let redis: TestRedis;

beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

describe('the Redis harness', () => {
	it('counts the commands that reached the server, without its own', async () => {
		await redis.resetCommandCalls();
		await redis.client.set('a', '1');
		await redis.client.get('a');
		await redis.client.get('a');
		expect(await redis.commandCalls()).toEqual({ set: 1, get: 2 });
	});

	it('counts the commands of several servers while work runs', async () => {
		const other = await startRedis();
		await redis.client.get('before');
		const counts = await countCommands([redis, other], () =>
			Promise.all([redis.client.get('a'), other.client.get('a'), other.client.set('a', '1')]),
		);
		expect(counts).toEqual({ get: 2, set: 1 });
		await other.stop();
	});

	it('comes back empty on the same port after it was killed', async () => {
		await redis.client.set('kept', '1');
		await redis.kill();
		await redis.restart();
		expect(await redis.client.get('kept')).toBeNull();
	});

	it('forms a cluster whose nodes share the slots', async () => {
		const cluster = await startCluster();
		try {
			const answers = await Promise.all(
				cluster.nodes.map((node) => node.client.set('key', '1').catch((error: unknown) => String(error))),
			);
			expect(answers.filter((answer) => answer === 'OK')).toHaveLength(1);
			expect(answers.filter((answer) => answer.includes('MOVED'))).toHaveLength(2);
		} finally {
			await cluster.stop();
		}
	});
});
