import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allTag, freeTag, providerTag } from '../../../src/cache/tags/tags.ts';
import { ID_LENGTH, newId } from '../../../src/cache/ids.ts';
import { OWNER_AT } from '../../../src/stores/redis/entries/record-codec.ts';
import { LEASE_MS, lookupOf, put, reserve, STALE_SECONDS } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { type RedisHarness, redisHarness, withDocumentedRights } from './support.ts';

let redis: TestRedis;
beforeAll(async () => {
	redis = await withDocumentedRights(await startRedis());
});
afterAll(() => redis.stop());

/** Members of any index or sorted set of entries that no entry stands behind, and sets without an end. */
async function garbage(namespace: string): Promise<string[]> {
	const found: string[] = [];
	for (const name of await redis.client.keys(`${namespace}:*`)) {
		const kind = name.slice(namespace.length + ':v2:'.length);
		if (kind.startsWith('swept:')) {
			const left = await redis.client.pttl(name);
			if (left < 0 || left > 60_000) found.push(`${kind} has no near end`);
			continue;
		}
		if (!/^(index|by):/.test(kind)) continue;
		for (const member of await redis.client.zrange(name, '0', '-1')) {
			const [owner, key] = [member.slice(0, ID_LENGTH), member.slice(ID_LENGTH)];
			const standing = await redis.client.getrange(
				`${namespace}:v2:entry:{${key}}`,
				OWNER_AT,
				OWNER_AT + ID_LENGTH - 1,
			);
			if (standing !== owner) found.push(`${kind} has ${member}`);
		}
		if (kind.startsWith('index:') && (await redis.client.pttl(name)) < 0) found.push(`${kind} has no end`);
	}
	return found;
}

async function swept({ namespace }: RedisHarness): Promise<void> {
	await expect.poll(() => redis.client.zcard(`${namespace}:v2:sweeps`), { timeout: 5000 }).toBe(0);
}

describe('what is over', () => {
	it('leaves nothing in any index, however it came to its end', async () => {
		const harness = await redisHarness(redis);
		const { store, other, clock, namespace } = harness;
		for (let index = 0; index < 90; index++) {
			const collection = index % 2 ? 'articles' : 'pages';
			await put(harness, {
				key: `openai:gpt-4o:${index % 60}`,
				ttl: index % 5 === 0 ? 60 : 3600,
				freeTags: [`t${index % 7}`],
				content: [{ collection, items: [String(index % 10)] }],
			});
		}
		// Refused, superseded, given up, and never heard of again.
		const refused = sampleEntry(clock, { freeTags: ['refused'] });
		const reservation = await reserve(store, lookupOf(refused));
		await store.invalidate([freeTag('refused')]);
		await store.commit([{ reservation, entry: refused }]);
		const superseded = sampleEntry(clock, { key: 'openai:gpt-4o:3', freeTags: ['superseded'] });
		const former = await reserve(store, lookupOf(superseded), true);
		const [holder] = await other.beginMany([lookupOf(superseded)], newId, LEASE_MS);
		await store.commit([{ reservation: former, entry: superseded }]);
		await other.release(holder!);
		await store.release(await reserve(store, lookupOf(sampleEntry(clock, { freeTags: ['given up'] }))));
		await reserve(store, lookupOf(sampleEntry(clock, { key: 'openai:gpt-4o:lost', freeTags: ['lost'] })));
		const large = sampleEntry(clock, { body: 'x'.repeat(30_000), freeTags: ['large'] });
		await store.commit([{ reservation: await reserve(store, lookupOf(large)), entry: large }]);

		await (
			await store.invalidate([freeTag('t1')])
		).counted;
		await Promise.all([store.invalidate([freeTag('t2'), freeTag('t3')]), other.invalidate([freeTag('t3')])]);
		await other.invalidateMatching([[freeTag('t4')], [providerTag('openai')]]);
		await store.removeKeys(['openai:gpt-4o:6']);
		await store.addHits(new Map([['openai:gpt-4o:6', 3]]));
		await swept(harness);
		clock.advanceSeconds(61 + STALE_SECONDS);
		await put(harness, { key: 'openai:gpt-4o:12', freeTags: ['t5'] });
		await store.clean();
		expect((await garbage(namespace)).filter((member) => !member.endsWith(':lost'))).toEqual([]);
		// What was under way and never came back is given up after a while.
		clock.advanceSeconds(15 * 60);
		await store.clean();
		await put(harness, { key: 'openai:gpt-4o:14', freeTags: ['lost'] });
		expect(await garbage(namespace)).toEqual([]);
		expect(await store.count([allTag()])).toEqual([
			(await store.browse({ sort: 'created', descending: true, limit: 500, cursor: null }, [[allTag()]])).entries
				.length,
		]);

		await (
			await store.invalidate([allTag()])
		).counted;
		await swept(harness);
		expect(await redis.client.keys(`${namespace}:v2:entry:*`)).toEqual([]);
		expect(await redis.client.keys(`${namespace}:v2:by:*`)).toEqual([]);
		expect(await redis.client.keys(`${namespace}:v2:index:*`)).toEqual([]);
		expect(await redis.client.keys(`${namespace}:v2:lease:*`)).toHaveLength(1);
		expect(harness.errors).toEqual([]);
		await harness.stop();
	});

	it('is swept by another process where the one that began was ended', async () => {
		const harness = await redisHarness(redis);
		const { store, other, clock, namespace } = harness;
		for (let index = 0; index < 20; index++) await put(harness, { freeTags: ['a'] });
		// As a purge leaves it whose process is killed right after.
		await redis.client.zadd(`${namespace}:v2:sweeps`, clock.now(), `${namespace}:v2:swept:{t:a}:gone`);
		await redis.client.unlink(`${namespace}:v2:token:{t:a}`);
		await redis.client.rename(`${namespace}:v2:index:{t:a}`, `${namespace}:v2:swept:{t:a}:gone`);
		await store.close();
		await other.clean();
		expect(await other.count([allTag()])).toEqual([20]);
		clock.advanceSeconds(61);
		await other.clean();
		expect(await other.count([allTag()])).toEqual([0]);
		expect(await garbage(namespace)).toEqual([]);
		await harness.stop();
	});
});
