import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/cache/clock.ts';
import { lookupOf } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { connectionTo, newNamespace, openRedisStore } from './support.ts';

let redis: TestRedis;
beforeAll(async () => {
	redis = await startRedis();
});
afterAll(() => redis.stop());

/** How many connections Redis has, by what they are for. */
async function connections(): Promise<{ commands: number; hints: number }> {
	const lines = String(await redis.client.client('LIST'))
		.trim()
		.split('\n');
	const hints = lines.filter((line) => / sub=[1-9]/.test(line)).length;
	return { commands: lines.length - hints, hints };
}

describe('a process', () => {
	it('has one connection for its commands and one for hints, whatever it does at once', async () => {
		const before = await connections();
		const store = await openRedisStore({ connection: connectionTo(redis), namespace: newNamespace() });
		const lookups = Array.from({ length: 500 }, () => lookupOf(sampleEntry(systemClock)));
		const asked = Promise.all(lookups.map((lookup) => store.lookup([lookup])));
		expect(await connections()).toEqual({ commands: before.commands + 1, hints: before.hints + 1 });
		await asked;
		await store.close();
		await expect.poll(connections).toEqual(before);
	});
});
