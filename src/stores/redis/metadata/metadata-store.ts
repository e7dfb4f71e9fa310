import type { InvalidationCause, JournalRow, Provider } from '../../../shared/api-types.ts';
import { SETTINGS_TAG } from '../../../cache/tags/tags.ts';
import type { ModelState, RequestedEntry, Totals, Store } from '../../../cache/store.ts';
import { buffer, chunks, type Command, run, runOne, text, texts } from '../connection/client.ts';
import type { RedisContext } from '../connection/context.ts';
import { Counters } from './stats-counters.ts';
import { membersAt } from '../index/index-query.ts';
import { isJournalRow, isModelState, parseAs } from '../connection/parse.ts';
import { COUNT_REQUESTED, SET_MODEL } from '../connection/lua-scripts.ts';

const DAY_MS = 86_400_000;
const REQUESTED_DAYS = 3;
/** Requests of a day that are kept for warming. */
export const MAX_REQUESTED = 2000;
const REQUESTED_PER_SCRIPT = 500;
const RECORD_LIFE_MS = 7 * DAY_MS;

/** Counters, journal, what is asked most, models and shared documents: all that is not an entry. */
export class Ledger {
	readonly #context: RedisContext;
	readonly #counters: Counters;

	constructor(context: RedisContext) {
		this.#context = context;
		this.#counters = new Counters(context);
	}

	addStats: Store['addStats'] = (at, deltas, batch) => this.#counters.add(at, deltas, batch);
	readStats: Store['readStats'] = (interval, from, to) => this.#counters.read(interval, from, to);

	async readTotals(): Promise<Totals> {
		const { client, keys } = this.#context;
		const [rows, invalidations] = await Promise.all([this.#counters.totals(), client.hgetall(keys.invalidations)]);
		return { rows, invalidations: invalidationsOf(invalidations) };
	}

	async addHits(hits: ReadonlyMap<string, number>): Promise<void> {
		const cacheKeys = [...hits.keys()];
		const members = await membersAt(this.#context, cacheKeys);
		const { client, keys } = this.#context;
		await run(
			client,
			members.flatMap((member, index): Command[] =>
				// XX: an entry that has left meanwhile gets no new place.
				member === null ? [] : [['ZADD', keys.sorted('hits'), 'XX', 'INCR', hits.get(cacheKeys[index]!)!, member]],
			),
		);
	}

	async addRequested(requested: ReadonlyMap<string, { count: number; record: Buffer | null }>): Promise<void> {
		const { client, keys, clock } = this.#context;
		const name = keys.requested(Math.floor(clock.now() / DAY_MS));
		const replies = await run(
			client,
			[...chunks([...requested], REQUESTED_PER_SCRIPT)].map((part): Command => {
				const pairs = part.flatMap(([key, { count }]) => [count, key]);
				return ['EVAL', COUNT_REQUESTED, 1, name, MAX_REQUESTED, (REQUESTED_DAYS + 1) * DAY_MS, ...pairs];
			}),
		);
		const gone = new Set(replies.flatMap(texts));
		await run(client, [
			...[...gone].map((key): Command => ['UNLINK', keys.requestRecord(key)]),
			...[...requested].flatMap(([key, { record }]): Command[] =>
				record && !gone.has(key) ? [['SET', keys.requestRecord(key), record, 'PX', RECORD_LIFE_MS]] : [],
			),
		]);
	}

	/** Counts of the last days added up, each day weighing half of the next. */
	async topRequested(limit: number): Promise<RequestedEntry[]> {
		const { client, keys, clock } = this.#context;
		const today = Math.floor(clock.now() / DAY_MS);
		const days = Array.from({ length: REQUESTED_DAYS }, (_, index) => index);
		const replies = await run(
			client,
			days.map((ago): Command => ['ZREVRANGE', keys.requested(today - ago), 0, limit * 4, 'WITHSCORES']),
		);
		const counts = new Map<string, number>();
		replies.forEach((reply, ago) => {
			const page = texts(reply);
			for (let index = 0; index < page.length; index += 2) {
				counts.set(page[index]!, (counts.get(page[index]!) ?? 0) + Number(page[index + 1]) / 2 ** ago);
			}
		});
		const top = [...counts].sort(([, one], [, other]) => other - one).slice(0, limit);
		const records = await run(
			client,
			top.map(([key]): Command => ['GET', keys.requestRecord(key)]),
		);
		return top.map(([key, count], index) => ({ key, count, record: buffer(records[index]) }));
	}

	async appendJournal(row: JournalRow): Promise<void> {
		const { client, keys, limits } = this.#context;
		const json = JSON.stringify(row);
		const {
			cause,
			criteria: { collection },
		} = row;
		await run(client, [
			['LPUSH', keys.journal, json],
			// Its last place as -1 would be that of the whole list.
			limits.journalRows > 0 ? ['LTRIM', keys.journal, 0, limits.journalRows - 1] : ['UNLINK', keys.journal],
			['HINCRBY', keys.invalidations, `${cause}:rows`, 1],
			['HINCRBY', keys.invalidations, `${cause}:entries`, row.entries],
			...(collection === undefined || cause === 'refresh'
				? []
				: [['HSET', keys.lastInvalidations, collection, json] satisfies Command]),
		]);
	}

	async readJournal(limit: number, before: string | null): Promise<JournalRow[]> {
		const { client, keys, limits } = this.#context;
		const end = before === null ? limit - 1 : limits.journalRows;
		const rows = (await client.lrange(keys.journal, 0, end)).flatMap((row) => parseAs(row, isJournalRow) ?? []);
		if (before === null) return rows;
		const place = rows.findIndex((row) => row.id === before);
		return place < 0 ? [] : rows.slice(place + 1, place + 1 + limit);
	}

	async lastInvalidations(): Promise<Record<string, JournalRow>> {
		const rows = await this.#context.client.hgetall(this.#context.keys.lastInvalidations);
		return Object.fromEntries(
			Object.entries(rows).flatMap(([collection, text]) => {
				const row = parseAs(text, isJournalRow);
				return row === null ? [] : [[collection, row] as const];
			}),
		);
	}

	async modelStates(): Promise<ReadonlyMap<string, ModelState>> {
		const states = await this.#context.client.hgetall(this.#context.keys.models);
		return new Map(
			Object.entries(states).flatMap(([name, text]) => {
				const state = parseAs(text, isModelState);
				return state === null ? [] : [[name, state] as const];
			}),
		);
	}

	async setModelState(provider: Provider, model: string, state: ModelState): Promise<void> {
		const { client, keys } = this.#context;
		const values = [`${provider}/${model}`, JSON.stringify(state), state.version];
		const raised = await runOne(client, ['EVAL', SET_MODEL, 1, keys.models, ...values]);
		// After it: whoever finds a new version of the settings has to find the new state.
		if (raised === 1) await runOne(client, ['UNLINK', keys.token(SETTINGS_TAG)]);
	}

	async putDocument(name: string, value: string, ttlMs: number): Promise<void> {
		const { client, keys } = this.#context;
		await run(client, [
			['SET', keys.document(name), value, 'PX', ttlMs],
			['SADD', keys.documents, name],
		]);
	}

	getDocument: Store['getDocument'] = (name) => this.#context.client.get(this.#context.keys.document(name));

	async listDocuments(prefix: string): Promise<string[]> {
		const { client, keys } = this.#context;
		const names = (await client.smembers(keys.documents)).filter((name) => name.startsWith(prefix));
		const replies = await run(
			client,
			names.map((name): Command => ['GET', keys.document(name)]),
		);
		const gone = names.filter((_, index) => replies[index] === null);
		if (gone.length > 0) await client.srem(keys.documents, ...gone);
		return replies.filter((reply) => reply !== null).map(text);
	}
}

function invalidationsOf(hash: Record<string, string>): Totals['invalidations'] {
	const totals: Totals['invalidations'] = {};
	for (const [name, count] of Object.entries(hash)) {
		const [cause, figure] = name.split(':') as [InvalidationCause, 'rows' | 'entries'];
		(totals[cause] ??= { rows: 0, entries: 0 })[figure] = Number(count);
	}
	return totals;
}
