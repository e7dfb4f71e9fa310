import { allTag, type Tag } from '../../cache/dependencies.ts';
import type { Entry, Found } from '../../cache/entry.ts';
import { newId } from '../../cache/ids.ts';
import type { Begin, Commit, CommitResult, Lookup, Reservation } from '../../cache/store.ts';
import { buffer, type Command, number, run, text } from './client.ts';
import { type RedisContext, upkeepMs } from './context.ts';
import { SORT_NAMES, type SortName } from './keys.ts';
import type { Reader } from './reader.ts';
import { encodeRecord, memberOf, type StoredRecord } from './record.ts';
import { RELEASE_IF_HELD, RENEW_IF_HELD, STORE_IF_HELD } from './scripts.ts';

/** How long a generation may be under way before its place in the indexes is given up. */
const UNDER_WAY_MS = 15 * 60_000;
const CAPTURE_TRIES = 3;

interface Captured {
	tokens: string[];
	replaces: Found | undefined;
	replacedOwner: string | undefined;
}

interface RedisReservation extends Reservation {
	readonly tokens: Captured;
}

/** Reservations and commits. */
export class Writer {
	readonly #context: RedisContext;
	readonly #reader: Reader;

	constructor(context: RedisContext, reader: Reader) {
		this.#context = context;
		this.#reader = reader;
	}

	async begin({ key, tags, owner, force, leaseMs }: Begin): Promise<Reservation | null> {
		const { client, keys } = this.#context;
		const lease = keys.lease(key);
		const taken = force
			? await client.set(lease, owner, 'PX', leaseMs)
			: await client.set(lease, owner, 'PX', leaseMs, 'NX');
		if (taken === null) return null;
		const [captured] = await this.#capture([{ key, tags }], [owner]);
		return { key, tags, owner, tokens: captured!, replaces: captured!.replaces } satisfies RedisReservation;
	}

	async beginMany(lookups: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		const { client, keys } = this.#context;
		const owners = lookups.map(owner);
		const leases = lookups.map(({ key }, index): Command => ['SET', keys.lease(key), owners[index]!, 'PX', leaseMs]);
		const [captured] = await Promise.all([this.#capture(lookups, owners), run(client, leases)]);
		return lookups.map(({ key, tags }, index) => {
			const own = captured[index]!;
			return { key, tags, owner: owners[index]!, tokens: own, replaces: own.replaces } satisfies RedisReservation;
		});
	}

	async commit(commits: readonly Commit[]): Promise<CommitResult[]> {
		const small = commits.filter(({ entry }) => this.#fits(entry));
		const results = new Map<Commit, CommitResult>(commits.map((commit) => [commit, 'too_large']));
		await this.#releaseAll(commits.filter((commit) => !small.includes(commit)));
		if (small.length > 0) {
			const outcomes = await this.#store(small);
			small.forEach((commit, index) => results.set(commit, outcomes[index]!));
			await this.#undo(small.filter((commit) => results.get(commit) !== 'stored'));
		}
		for (const { reservation } of commits) this.#context.bus.done(reservation.key);
		return commits.map((commit) => results.get(commit)!);
	}

	async release({ key, owner }: Reservation): Promise<void> {
		const { client, keys, bus } = this.#context;
		await client.eval(RELEASE_IF_HELD, 1, keys.lease(key), owner);
		bus.done(key);
	}

	async renew({ key, owner }: Reservation, leaseMs: number): Promise<boolean> {
		const { client, keys } = this.#context;
		return (await client.eval(RENEW_IF_HELD, 1, keys.lease(key), owner, leaseMs)) === 1;
	}

	/** One round trip: the tokens of all tags, made where there are none, and what stands at the keys now. */
	async #capture(lookups: readonly Lookup[], owners: readonly string[]): Promise<Captured[]> {
		const { client, keys, clock } = this.#context;
		const tags = [...new Set(lookups.flatMap(({ tags }) => tags))];
		const until = -(clock.now() + UNDER_WAY_MS);
		const underWay = groupByTag(lookups, (lookup) => lookup.tags).map(([tag, places]): Command => {
			const members = places.flatMap((index) => [until, memberOf(owners[index]!, lookups[index]!.key)]);
			return ['ZADD', keys.index(tag), 'NX', ...members];
		});
		const replies = await run(client, [
			...this.#captureCommands(tags),
			...lookups.map(({ key }): Command => ['GET', keys.entry(key)]),
			...underWay,
		]);
		const values = await this.#captured(tags, replies);
		const records = lookups.map(({ key }, index) => this.#reader.decode(key, buffer(replies[3 * tags.length + index])));
		return this.#judge(lookups, records, values);
	}

	#captureCommands(tags: readonly Tag[]): Command[] {
		const life = upkeepMs(this.#context);
		return tags.flatMap((tag): Command[] => {
			const name = this.#context.keys.token(tag);
			return [
				['SET', name, newId(), 'PX', life, 'NX'],
				['PEXPIRE', name, life],
				['GET', name],
			];
		});
	}

	/** A token may be taken away between its making and its reading: those are captured once more. */
	async #captured(tags: readonly Tag[], replies: readonly unknown[]): Promise<Map<Tag, string>> {
		const values = new Map<Tag, string>();
		let missing = this.#takeTokens(tags, replies, values);
		for (let attempt = 1; missing.length > 0 && attempt < CAPTURE_TRIES; attempt++) {
			missing = this.#takeTokens(missing, await run(this.#context.client, this.#captureCommands(missing)), values);
		}
		// An id that no token has: what is stored with it is born invalid.
		for (const tag of missing) values.set(tag, newId());
		return values;
	}

	#takeTokens(tags: readonly Tag[], replies: readonly unknown[], values: Map<Tag, string>): Tag[] {
		return tags.filter((tag, index) => {
			const token = replies[3 * index + 2];
			if (token === null) return true;
			values.set(tag, text(token));
			return false;
		});
	}

	/** What stood there before, with the tokens it needs that were not captured here. */
	async #judge(
		lookups: readonly Lookup[],
		records: readonly (StoredRecord | undefined)[],
		values: ReadonlyMap<Tag, string>,
	): Promise<Captured[]> {
		const { client, keys } = this.#context;
		const more = [...new Set(records.flatMap((record) => record?.entry.meta.tags ?? []))].filter(
			(tag) => !values.has(tag),
		);
		const replies = await run(
			client,
			more.map((tag): Command => ['GET', keys.token(tag)]),
		);
		const known = new Map<Tag, string | undefined>(values);
		more.forEach((tag, index) => known.set(tag, buffer(replies[index])?.toString('latin1')));
		return lookups.map(({ tags }, index) => {
			const record = records[index];
			return {
				tokens: tags.map((tag) => values.get(tag)!),
				replaces: record && this.#reader.judge(record, (tag) => known.get(tag), tags),
				replacedOwner: record?.owner,
			};
		});
	}

	async #store(commits: readonly Commit[]): Promise<CommitResult[]> {
		const { client, keys, limits } = this.#context;
		const tags = [...new Set(commits.flatMap(({ reservation }) => reservation.tags))];
		const writes = commits.map(({ reservation, entry }): Command => {
			const { key, owner } = reservation;
			const life = (entry.meta.ttl + limits.staleSeconds) * 1000;
			const record = encodeRecord(owner, captured(reservation).tokens, entry);
			return ['EVAL', STORE_IF_HELD, 2, keys.lease(key), keys.entry(key), owner, record, life];
		});
		const replies = await run(client, [
			...writes,
			...tags.map((tag): Command => ['GET', keys.token(tag)]),
			...this.#indexCommands(commits),
			...this.#forgetReplaced(commits),
		]);
		const current = new Map(
			tags.map((tag, index) => [tag, buffer(replies[commits.length + index])?.toString('latin1')]),
		);
		return commits.map(({ reservation }, index) => {
			if (number(replies[index]) !== 1) return 'superseded';
			const { tokens } = captured(reservation);
			return reservation.tags.every((tag, place) => current.get(tag) === tokens[place]) ? 'stored' : 'invalidated';
		});
	}

	#indexCommands(commits: readonly Commit[]): Command[] {
		const { keys } = this.#context;
		const life = upkeepMs(this.#context);
		const members = commits.map(({ reservation }) => memberOf(reservation.owner, reservation.key));
		const indexes = groupByTag(commits, ({ reservation }) => reservation.tags).flatMap(([tag, places]): Command[] => {
			const scored = places.flatMap((index) => [commits[index]!.entry.meta.expires, members[index]!]);
			return [['ZADD', keys.index(tag), ...scored], ['PEXPIRE', keys.index(tag), life], ...this.#trimCommands(tag)];
		});
		const sorted = SORT_NAMES.map((name): Command => {
			const scored = commits.flatMap(({ entry }, index) => [sortValue(name, entry), members[index]!]);
			return ['ZADD', keys.sorted(name), ...scored];
		});
		return [...indexes, ...sorted];
	}

	/** What expired leaves the indexes with the next that comes. That of everything is left to the janitor, who needs it. */
	#trimCommands(tag: Tag): Command[] {
		if (tag === allTag()) return [];
		const { keys, clock, limits } = this.#context;
		const now = clock.now();
		return [
			['ZREMRANGEBYSCORE', keys.index(tag), 0, now - limits.staleSeconds * 1000],
			['ZREMRANGEBYSCORE', keys.index(tag), -now, '(0'],
		];
	}

	/** Takes what the commits replace out of all indexes: its own record, which names them, is gone after this. */
	#forgetReplaced(commits: readonly Commit[]): Command[] {
		return commits.flatMap(({ reservation }) => {
			const { replaces, replacedOwner } = captured(reservation);
			if (!replaces || replacedOwner === undefined) return [];
			return this.removalCommands(memberOf(replacedOwner, reservation.key), replaces.entry.meta.tags);
		});
	}

	/** Takes one generation out of the indexes. */
	removalCommands(member: string, tags: readonly Tag[]): Command[] {
		const { keys } = this.#context;
		const names = [...tags.map((tag) => keys.index(tag)), ...SORT_NAMES.map((name) => keys.sorted(name))];
		return names.map((name): Command => ['ZREM', name, member]);
	}

	/** What was not stored, or is invalid from birth, leaves nothing behind. */
	async #undo(commits: readonly Commit[]): Promise<void> {
		if (commits.length === 0) return;
		await run(
			this.#context.client,
			commits.flatMap(({ reservation }) =>
				this.removalCommands(memberOf(reservation.owner, reservation.key), reservation.tags),
			),
		);
	}

	async #releaseAll(commits: readonly Commit[]): Promise<void> {
		await Promise.all(commits.map(({ reservation }) => this.release(reservation)));
		await this.#undo(commits);
	}

	#fits(entry: Entry): boolean {
		return entry.body.length <= this.#context.limits.maxEntryBytes;
	}
}

const captured = (reservation: Reservation): Captured => (reservation as RedisReservation).tokens;

function sortValue(name: SortName, entry: Entry): number {
	if (name === 'created') return entry.meta.created;
	if (name === 'usd') return entry.meta.usd;
	return name === 'size' ? entry.body.bytes.length + entry.request.bytes.length : 0;
}

/** For each tag, the places in the list that have it. */
function groupByTag<Item>(items: readonly Item[], tagsOf: (item: Item) => readonly Tag[]): [Tag, number[]][] {
	const groups = new Map<Tag, number[]>();
	items.forEach((item, index) => {
		for (const tag of tagsOf(item)) {
			const places = groups.get(tag);
			if (places) places.push(index);
			else groups.set(tag, [index]);
		}
	});
	return [...groups];
}
