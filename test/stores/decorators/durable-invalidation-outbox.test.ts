import { afterEach, describe, expect, it, vi } from 'vitest';
import { freeTag } from '../../../src/cache/tags/tags.ts';
import { StoreUnavailableError } from '../../../src/cache/errors.ts';
import type { PendingRecord, PendingWork } from '../../../src/stores/decorators/outbox.ts';
import type { CarriedOut } from '../../../src/cache/store.ts';
import { lookupOf } from '../../contract/harness.ts';
import { sampleEntry } from '../../contract/fixtures.ts';
import { MemoryOutbox } from '../../support/memory-outbox.ts';
import { clock, guarded, neverFresh, put, redisWith, stopAll, SURVIVING } from './support.ts';

afterEach(stopAll);

describe('an outbox that cannot be read', () => {
	class UnreadableOutbox extends MemoryOutbox {
		readable = false;
		#read: PendingRecord[] = [];

		/** As another process leaves it. */
		leave(work: PendingWork): void {
			this.#read.push({ id: 'left', created: new Date(clock.now()).toISOString(), work });
		}

		override async pending(): Promise<PendingRecord[]> {
			if (!this.readable) throw new Error('SQLITE_IOERR');
			return [...this.#read, ...(await super.pending())];
		}

		override async remove(ids: readonly string[]): Promise<number> {
			const before = this.#read.length;
			this.#read = this.#read.filter(({ id }) => !ids.includes(id));
			return before - this.#read.length + (await super.remove(ids));
		}
	}

	it('keeps Redis from being read, as something may wait in it, until it is read', async () => {
		const redis = await redisWith(SURVIVING);
		const writer = await guarded(redis, new MemoryOutbox());
		const entry = await put(writer, { freeTags: ['a'] });
		const outbox = new UnreadableOutbox();
		outbox.leave({ kind: 'tags', tags: [freeTag('a')] });
		const store = await guarded(redis, outbox, 'guarded', 0, false);
		await expect(store.lookup([lookupOf(entry)])).rejects.toBeInstanceOf(StoreUnavailableError);
		outbox.readable = true;
		await neverFresh(store, entry);
	});

	it('is not taken for empty by who was connected a moment ago', async () => {
		const redis = await redisWith();
		const outbox = new UnreadableOutbox();
		outbox.readable = true;
		const store = await guarded(redis, outbox, 'guarded', 60_000);
		outbox.readable = false;
		await expect(store.lookup([lookupOf(sampleEntry(clock))])).rejects.toBeInstanceOf(StoreUnavailableError);
	});

	it('does not keep from Redis what this process alone knows of', async () => {
		const redis = await redisWith(SURVIVING);
		const reader = await guarded(redis, new MemoryOutbox());
		const entry = await put(reader, { freeTags: ['a'] });
		const outbox = new UnreadableOutbox();
		await outbox.add({ kind: 'tags', tags: [freeTag('a')] });
		await guarded(redis, outbox, 'guarded', 0, false);
		await expect.poll(async () => (await reader.lookup([lookupOf(entry)]))[0]?.state).not.toBe('fresh');
	});
});

describe('an invalidation that a hanging Redis does not answer', () => {
	it('is kept long before it is given up, and forgotten when Redis carries it out after all', async () => {
		const redis = await redisWith();
		const outbox = new MemoryOutbox();
		const told: CarriedOut[] = [];
		const store = await guarded(redis, outbox, 'guarded', 0, true, (one) => told.push(one));
		redis.freeze();
		let ended = false;
		const invalidation = store.invalidate([freeTag('a')]).finally(() => (ended = true));
		await expect.poll(() => outbox.pending(), { interval: 10, timeout: 2000 }).toHaveLength(1);
		expect(ended).toBe(false);
		redis.thaw();
		await invalidation;
		await expect.poll(() => outbox.pending()).toEqual([]);
		await store.settled();
		expect(told).toEqual([]);
	});
});

it('reads of one turn share one look into the outbox, and one command', async () => {
	const redis = await redisWith();
	const outbox = new MemoryOutbox();
	const store = await guarded(redis, outbox, 'guarded', 60_000, true, () => {}, 60_000);
	const entry = await put(store);
	const looks = vi.spyOn(outbox, 'pending');
	await redis.resetCommandCalls();
	await Promise.all([store.lookup([lookupOf(entry)]), store.versions(entry.meta.tags)]);
	expect(looks).toHaveBeenCalledTimes(1);
	expect(await redis.commandCalls()).toMatchObject({ mget: 1, role: 1 });
});
