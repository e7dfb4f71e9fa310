import type { Counter, Registry } from 'prom-client';
import { groupRows, type Counts } from '../../../cache/stats/aggregate.ts';
import type { StatsDelta, Totals } from '../../../cache/store.ts';
import { promClient } from './prom-client.cjs';

const WHOLE = 'All processes that share the store count together.';

type Status = 'hit' | 'coalesced' | 'stale' | 'miss' | 'bypass';

/** Each answered request has one of these, so that they add up: the hits of the counters include those that joined others. */
const statuses = ({ hits, coalesced, stale, misses, bypassed }: Counts): Record<Status, number> => ({
	hit: hits - coalesced,
	coalesced,
	stale,
	miss: misses,
	bypass: bypassed,
});

/** Name without its prefix, help, and the value of a row. */
const FIGURES: readonly [name: string, help: string, valueOf: (counts: Counts) => number][] = [
	['stored_answers', 'Answers stored.', ({ stored }) => stored],
	['refreshed_answers', 'Answers made again after a change of their content.', ({ refreshed }) => refreshed],
	['failed_generations', 'Generations that failed.', ({ errors }) => errors],
	['saved_usd', 'US dollars that answers from the cache did not cost again.', ({ saved_usd: usd }) => usd],
	['saved_tokens', 'Tokens of answers from the cache.', ({ saved_tokens: tokens }) => tokens],
	[
		'saved_seconds',
		'Seconds that answers from the cache once took at their providers.',
		({ saved_ms: ms }) => ms / 1000,
	],
	['spent_usd', 'US dollars that generations cost.', ({ spent_usd: usd }) => usd],
	['spent_tokens', 'Tokens of generations.', ({ spent_tokens: tokens }) => tokens],
	['spent_seconds', 'Seconds that generations took at their providers.', ({ spent_ms: ms }) => ms / 1000],
];

/** What was counted since the store began, by the same counters as `GET /stats`. */
export function writeCounted(registry: Registry, { rows, invalidations }: Totals): void {
	writeRequests(registry, rows);
	const byModel = grouped(rows, ({ provider, model }) => [provider, model]);
	for (const [name, help, valueOf] of FIGURES) {
		const counter = counterIn(registry, name, help, ['provider', 'model']);
		for (const [[provider, model], counts] of byModel) counter.inc({ provider, model }, valueOf(counts));
	}
	const count = counterIn(registry, 'invalidations', 'Invalidations written to the journal.', ['cause']);
	const dropped = counterIn(registry, 'invalidated_entries', 'Entries that invalidations dropped.', ['cause']);
	for (const [cause, figures] of Object.entries(invalidations)) {
		// Those rows say what was made again, which has a counter of its own.
		if (cause === 'refresh') continue;
		count.inc({ cause }, figures.rows);
		dropped.inc({ cause }, figures.entries);
	}
}

function writeRequests(registry: Registry, rows: readonly StatsDelta[]): void {
	const help = 'Answered requests by what the cache did.';
	const byModel = counterIn(registry, 'requests', help, ['provider', 'model', 'status']);
	for (const [[provider, model], counts] of grouped(rows, (row) => [row.provider, row.model])) {
		for (const [status, value] of Object.entries(statuses(counts))) byModel.inc({ provider, model, status }, value);
	}
	const named = rows.filter(({ collection }) => collection !== '');
	const byCollection = counterIn(registry, 'collection_requests', 'Answered requests that name a collection.', [
		'collection',
		'status',
	]);
	for (const [[collection], counts] of grouped(named, (row) => [row.collection])) {
		for (const [status, value] of Object.entries(statuses(counts))) byCollection.inc({ collection, status }, value);
	}
}

function grouped<Labels extends string[]>(
	rows: readonly StatsDelta[],
	labelsOf: (row: StatsDelta) => [...Labels],
): [Labels, Counts][] {
	const groups = groupRows([{ at: 0, rows: [...rows] }], (row) => JSON.stringify(labelsOf(row)));
	return [...groups].map(([labels, counts]) => [JSON.parse(labels) as Labels, counts]);
}

function counterIn<Label extends string>(
	registry: Registry,
	name: string,
	help: string,
	labelNames: Label[],
): Counter<Label> {
	return new (promClient().Counter)({
		name: `ai_cache_${name}_total`,
		help: `${help} ${WHOLE}`,
		labelNames,
		registers: [registry],
	});
}
