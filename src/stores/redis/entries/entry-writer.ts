import type { Entry } from '../../../cache/entry.ts';
import type { Begin, Commit, CommitResult, Lookup, Reservation } from '../../../cache/store.ts';
import { capture, reserve } from './tag-version-capture.ts';
import { buffer, type Command, number, run, runOne, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import {
	fitsOneScript,
	type Indexed,
	type Leaving,
	placeCommands,
	removalCommands,
	sortCommands,
	storeAndPlaceCommand,
} from '../index/tag-index.ts';
import { JANITOR_EVERY_MS } from '../purge/garbage-collector.ts';
import type { Reader } from './entry-reader.ts';
import { encodeRecord, memberOf, ownerCommand } from './record-codec.ts';
import { capturedOf, memberOfReservation } from './reservation.ts';
import { RELEASE_IF_HELD, REMOVE_IF_OWNED, RENEW_IF_HELD, STORE_IF_HELD } from '../connection/lua-scripts.ts';

/** So long does Redis keep an entry that nobody may have any more, for the janitor to read where its places are. */
const GRACE_MS = 3 * JANITOR_EVERY_MS;

/** A lease is gone by itself after this. */
const LEASE_LIFE_MS = 60_000;
const MAX_UNRELEASED = 10_000;

/** What `STORE_AND_PLACE` says. */
const OUTCOMES: readonly CommitResult[] = ['superseded', 'stored', 'invalidated'];

/** Reservations and commits. */
export class Writer {
	readonly #context: RedisContext;
	readonly #reader: Reader;
	/** Reservations whose release failed, by owner. */
	readonly #unreleased = new Map<string, { reservation: Reservation; until: number }>();

	constructor(context: RedisContext, reader: Reader) {
		this.#context = context;
		this.#reader = reader;
	}

	/** The lease first: those who do not get it leave nothing behind. */
	async begin(request: Begin): Promise<Reservation | null> {
		const { key, tags, owner, force, leaseMs } = request;
		if (fitsOneScript(this.#context, tags)) return reserve(this.#context, this.#reader, request);
		const { client, keys } = this.#context;
		const lease = keys.lease(key);
		const taken = force
			? await client.set(lease, owner, 'PX', leaseMs)
			: await client.set(lease, owner, 'PX', leaseMs, 'NX');
		if (taken === null) return null;
		const [reservation] = await capture(this.#context, this.#reader, [{ key, tags }], [owner]);
		return reservation!;
	}

	async beginMany(lookups: readonly Lookup[], owner: () => string, leaseMs: number): Promise<Reservation[]> {
		const { client, keys } = this.#context;
		const owners = lookups.map(owner);
		const leases = lookups.map(({ key }, index): Command => ['SET', keys.lease(key), owners[index]!, 'PX', leaseMs]);
		const [reservations] = await Promise.all([
			capture(this.#context, this.#reader, lookups, owners),
			run(client, leases),
		]);
		return reservations;
	}

	async commit(commits: readonly Commit[]): Promise<CommitResult[]> {
		const small = commits.filter(({ entry }) => this.#fits(entry));
		const results = new Map<Commit, CommitResult>(commits.map((commit) => [commit, 'too_large']));
		const outcomes = small.length > 0 ? await this.#storeOrUndo(small) : [];
		small.forEach((commit, index) => results.set(commit, outcomes[index]!));
		const large = commits.filter((commit) => !small.includes(commit));
		await Promise.all(large.map(({ reservation }) => this.#letGo(reservation)));
		await this.#undo(small.filter((commit) => results.get(commit) !== 'stored'));
		await this.#restore(small.filter((commit) => results.get(commit) === 'superseded'));
		this.#ended(commits.map(({ reservation }) => reservation));
		return commits.map((commit) => results.get(commit)!);
	}

	/** One that fails is tried again with the next connection: nobody shall wait for a lease that nobody holds. */
	async release(reservation: Reservation): Promise<void> {
		try {
			await this.#letGo(reservation);
		} catch (error) {
			this.#unreleased.set(reservation.owner, { reservation, until: performance.now() + LEASE_LIFE_MS });
			if (this.#unreleased.size > MAX_UNRELEASED) this.#unreleased.delete(this.#unreleased.keys().next().value!);
			throw error;
		}
		this.#ended([reservation]);
	}

	/** To be called with each connection. */
	releaseLeft(): void {
		const left = [...this.#unreleased.values()];
		this.#unreleased.clear();
		for (const { reservation, until } of left) {
			if (performance.now() < until) this.release(reservation).catch(() => {});
		}
	}

	async renew({ key, owner }: Reservation, leaseMs: number): Promise<boolean> {
		const { client, keys } = this.#context;
		return (await runOne(client, ['EVAL', RENEW_IF_HELD, 1, keys.lease(key), owner, leaseMs])) === 1;
	}

	/** What was stored without all its places would be found by no purge of several criteria. */
	async #storeOrUndo(commits: readonly Commit[]): Promise<CommitResult[]> {
		try {
			const [only] = commits;
			const atOnce = only && commits.length === 1 && fitsOneScript(this.#context, only.reservation.tags);
			return atOnce ? [await this.#storeOne(only)] : await this.#store(commits);
		} catch (error) {
			this.#undo(commits).catch(() => {});
			for (const { reservation } of commits) this.release(reservation).catch(() => {});
			throw error;
		}
	}

	/** The usual case, in one command. */
	async #storeOne(commit: Commit): Promise<CommitResult> {
		const { reservation, entry } = commit;
		const { key, owner, tags } = reservation;
		const { tokens } = capturedOf(reservation);
		const record = encodeRecord(owner, tokens, entry);
		const indexed = { member: memberOfReservation(reservation), entry, tags, size: record.length };
		const stored = { key, owner, record, lifeMs: this.#lifeMs(entry), tokens, indexed };
		const [reply] = await run(this.#context.client, [
			storeAndPlaceCommand(this.#context, stored),
			...this.#forgetReplaced([commit]),
		]);
		return OUTCOMES[number(reply)]!;
	}

	async #store(commits: readonly Commit[]): Promise<CommitResult[]> {
		const { client } = this.#context;
		const records = commits.map(({ reservation, entry }) =>
			encodeRecord(reservation.owner, capturedOf(reservation).tokens, entry),
		);
		const indexed = commits.map(({ reservation, entry }, index): Indexed => {
			return { member: memberOfReservation(reservation), entry, tags: reservation.tags, size: records[index]!.length };
		});
		const { tags, commands: places } = placeCommands(this.#context, indexed);
		const replies = await run(client, [
			...commits.map((commit, index) => this.#storeCommand(commit, records[index]!)),
			...places,
			...sortCommands(this.#context, indexed),
			...this.#forgetReplaced(commits),
		]);
		const tokens = replies.slice(commits.length, commits.length + places.length).flatMap(texts);
		const current = new Map(tags.map((tag, index) => [tag, tokens[index]]));
		return commits.map(({ reservation }, index) => {
			if (number(replies[index]) !== 1) return 'superseded';
			const { tokens } = capturedOf(reservation);
			return reservation.tags.every((tag, place) => current.get(tag) === tokens[place]) ? 'stored' : 'invalidated';
		});
	}

	#storeCommand({ reservation: { key, owner }, entry }: Commit, record: Buffer): Command {
		const { keys } = this.#context;
		return ['EVAL', STORE_IF_HELD, 2, keys.lease(key), keys.entry(key), owner, record, this.#lifeMs(entry)];
	}

	#lifeMs({ meta }: Entry): number {
		return (meta.ttl + this.#context.limits.staleSeconds) * 1000 + GRACE_MS;
	}

	/** Takes what the commits replace out of all indexes: its own record, which names them, is gone after this. */
	#forgetReplaced(commits: readonly Commit[]): Command[] {
		const replaced = commits.flatMap(({ reservation }): Leaving[] => {
			const { replaced } = capturedOf(reservation);
			if (!replaced) return [];
			const { owner, entry } = replaced.record;
			return [{ member: memberOf(owner, reservation.key), tags: entry.meta.tags }];
		});
		return removalCommands(this.#context, replaced);
	}

	/** What was not stored, or is invalid from birth, leaves nothing behind. */
	async #undo(commits: readonly Commit[]): Promise<void> {
		const { client, keys } = this.#context;
		const reservations = commits.map(({ reservation }) => reservation);
		await run(client, [
			...reservations.map(({ key, owner }): Command => ['EVAL', REMOVE_IF_OWNED, 1, keys.entry(key), owner]),
			...removalCommands(this.#context, reservations.map(leavingOf)),
		]);
	}

	/** What a superseded commit took for replaced, and still stands, gets its places back. */
	async #restore(commits: readonly Commit[]): Promise<void> {
		const { client, keys } = this.#context;
		const lost = commits.flatMap(({ reservation: { key, tokens } }) => {
			const { replaced } = tokens as ReturnType<typeof capturedOf>;
			return replaced ? [{ key, ...replaced }] : [];
		});
		const owners = await run(
			client,
			lost.map(({ key }): Command => ownerCommand(keys.entry(key))),
		);
		const standing = lost.filter(({ record }, index) => buffer(owners[index])?.toString('latin1') === record.owner);
		const indexed = standing.map(({ key, record: { owner, entry }, size }): Indexed => {
			return { member: memberOf(owner, key), entry, tags: entry.meta.tags, size };
		});
		if (indexed.length === 0) return;
		const { commands } = placeCommands(this.#context, indexed);
		await run(client, [...commands, ...sortCommands(this.#context, indexed)]);
	}

	/** Only the holder's places are taken back: where the lease is over, another's commit may stand in them. */
	async #letGo(reservation: Reservation): Promise<void> {
		const { client, keys } = this.#context;
		const { key, owner } = reservation;
		if ((await runOne(client, ['EVAL', RELEASE_IF_HELD, 1, keys.lease(key), owner])) !== 1) return;
		await run(client, removalCommands(this.#context, [leavingOf(reservation)]));
	}

	#ended(reservations: readonly Reservation[]): void {
		this.#context.hints.send(reservations.map(({ key }) => key));
	}

	#fits({ body, request }: Entry): boolean {
		return Math.max(body.length, request.length) <= this.#context.limits.maxEntryBytes;
	}
}

const leavingOf = (reservation: Reservation): Leaving => ({
	member: memberOfReservation(reservation),
	tags: reservation.tags,
});
