import type { Tag } from '../../../cache/tags/tags.ts';
import type { Entry, Found } from '../../../cache/entry.ts';
import { newId } from '../../../cache/ids.ts';
import type { Lookup, Reservation } from '../../../cache/store.ts';
import { type Command, run, runOne } from '../connection/client.ts';
import { type RedisContext, upkeepMs } from '../connection/context.ts';
import { FirstLevel } from './l1-cache.ts';
import { decodeRecord, isOwnedBy, memberOf, type StoredRecord } from './record-codec.ts';
import { capturedOf } from './reservation.ts';

/** Versions of tags as they were just read; undefined for those that have none. */
type Versions = Map<Tag, string | undefined>;

/** Look-ups. Redis is asked for every entry and for the versions of all its tags, in one command as a rule. */
export class Reader {
	readonly #context: RedisContext;
	readonly firstLevel: FirstLevel;

	constructor(context: RedisContext, firstLevelBytes: number) {
		this.#context = context;
		this.firstLevel = new FirstLevel(firstLevelBytes);
	}

	async lookup(lookups: readonly Lookup[]): Promise<(Found | undefined)[]> {
		if (lookups.length === 0) return [];
		const { keys, reads } = this.#context;
		const tags = new Set<Tag>();
		for (const { key, tags: own } of lookups) {
			for (const tag of own) tags.add(tag);
			for (const tag of this.firstLevel.get(key)?.entry.meta.tags ?? []) tags.add(tag);
		}
		const asked = [...tags];
		const values = await reads.read([...lookups.map(({ key }) => keys.entry(key)), ...asked.map(keys.token)]);
		const versions: Versions = new Map(asked.map((tag, index) => [tag, textOf(values[lookups.length + index])]));
		const records = lookups.map(({ key }, index) => this.#record(key, values[index] ?? null));
		await this.readFurther(records, versions);
		return lookups.map((lookup, index) => this.#conclude(lookup, records[index], versions));
	}

	/** Versions of tags; a missing one is made, and is null this once. */
	async versions(tags: readonly Tag[]): Promise<(string | null)[]> {
		const { client, keys, reads } = this.#context;
		const values = await reads.read(tags.map(keys.token));
		const missing = tags.filter((_, index) => values[index] === null);
		const made = missing.map((tag): Command => ['SET', keys.token(tag), newId(), 'PX', upkeepMs(this.#context), 'NX']);
		run(client, made).catch(() => {});
		return values.map((value) => textOf(value) ?? null);
	}

	async stillHolds(reservation: Reservation): Promise<boolean> {
		const { keys, reads } = this.#context;
		const { key, owner, tags } = reservation;
		const { tokens } = capturedOf(reservation);
		const [lease, ...values] = await reads.read([keys.lease(key), ...tags.map(keys.token)]);
		return textOf(lease) === owner && tokens.every((token, index) => token === textOf(values[index]));
	}

	/** The entry whatever its state, with its size and hits. */
	async read(key: string): Promise<{ entry: Entry; size: number; hits: number } | undefined> {
		const { client, keys } = this.#context;
		const bytes = await client.getBuffer(keys.entry(key));
		const record = this.decode(key, bytes);
		if (record === undefined || bytes === null) return undefined;
		const hits = await client.zscore(keys.sorted('hits'), memberOf(record.owner, key));
		return { entry: record.entry, size: bytes.length, hits: Number(hits ?? 0) };
	}

	/** What a record is worth, with the versions of its tags as Redis has them now. */
	judge(record: StoredRecord, current: (tag: Tag) => string | undefined, tags: readonly Tag[]): Found | undefined {
		const { entry, tokens } = record;
		const { expires, tags: own } = entry.meta;
		const { clock, limits } = this.#context;
		const now = clock.now();
		if (expires + limits.staleSeconds * 1000 <= now) return undefined;
		const valid = own.length === tokens.length && own.every((tag, index) => tokens[index] === current(tag));
		const state = !valid ? 'invalidated' : expires > now ? 'fresh' : 'expired';
		return { entry, state, covers: tags.every((tag, index) => own[index] === tag || own.includes(tag)) };
	}

	/** Undefined, and the entry dropped and reported, if the bytes are none. */
	decode(key: string, bytes: Buffer | null): StoredRecord | undefined {
		if (bytes === null) return undefined;
		const { client, keys, limits, events } = this.#context;
		try {
			return decodeRecord(bytes, limits.maxEntryBytes);
		} catch {
			events.undecodable(key);
			// At once: the next read must not find it again.
			runOne(client, ['unlink', keys.entry(key)]).catch(() => {});
			return undefined;
		}
	}

	#record(key: string, bytes: Buffer | null): StoredRecord | undefined {
		const known = this.firstLevel.get(key);
		if (known && bytes && isOwnedBy(bytes, known.owner)) return known;
		return this.decode(key, bytes);
	}

	/** Versions of tags that entries have beyond what their requests named. */
	async readFurther(records: readonly (StoredRecord | undefined)[], versions: Versions): Promise<void> {
		const needed = new Set(records.flatMap((record) => record?.entry.meta.tags ?? []));
		const more = [...needed].filter((tag) => !versions.has(tag));
		if (more.length === 0) return;
		const values = await this.#context.reads.read(more.map(this.#context.keys.token));
		more.forEach((tag, index) => versions.set(tag, textOf(values[index])));
	}

	#conclude({ key, tags }: Lookup, record: StoredRecord | undefined, versions: Versions): Found | undefined {
		const found = record && this.judge(record, (tag) => versions.get(tag), tags);
		const known = this.firstLevel.get(key);
		if (found?.state !== 'fresh') {
			if (known) this.firstLevel.delete(key);
			return found;
		}
		const kept = known?.owner === record!.owner ? known : this.firstLevel.set(key, record!);
		return { ...found, entry: kept.entry };
	}
}

const textOf = (value: Buffer | null | undefined): string | undefined => value?.toString('latin1');
