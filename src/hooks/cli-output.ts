import type { Figures, InvalidationResult, StatsReport, WarmJob } from '../contract.ts';

const HEAD = ['', 'look-ups', 'hits', 'hit rate', 'stored', 'errors', 'saved USD', 'spent USD'];

/** A table: overall, each provider that was used, and its models. */
export function statsLines({ from, to, overall, providers }: StatsReport): string[] {
	const rows = [HEAD, rowOf('overall', overall)];
	for (const [provider, { models, ...figures }] of Object.entries(providers)) {
		if (isUnused(figures)) continue;
		rows.push(rowOf(provider, figures));
		for (const [model, ofModel] of Object.entries(models)) {
			if (!isUnused(ofModel)) rows.push(rowOf(`  ${model}`, ofModel));
		}
	}
	const entries = `${overall.entries} ${overall.entries === 1 ? 'entry' : 'entries'}, ${overall.bytes} bytes`;
	return [`${from} … ${to}`, entries, ...table(rows)];
}

const isUnused = ({ lookups, bypassed, stored, errors }: Figures): boolean =>
	lookups + bypassed + stored + errors === 0;

const rowOf = (name: string, figures: Figures): string[] => [
	name,
	String(figures.lookups),
	String(figures.hits + figures.stale),
	`${(figures.hit_rate * 100).toFixed(1)} %`,
	String(figures.stored),
	String(figures.errors),
	figures.saved.usd.toFixed(4),
	figures.spent.usd.toFixed(4),
];

/** The first column to the left, figures to the right. */
function table(rows: readonly string[][]): string[] {
	const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows.map((row) =>
		row
			.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
			.join('  ')
			.trimEnd(),
	);
}

export function invalidationLines({ entries, usd, hits, bytes, dry_run: dryRun }: InvalidationResult): string[] {
	const what = `${entries} ${entries === 1 ? 'entry' : 'entries'} (${bytes} bytes)`;
	const worth = `which cost ${usd.toFixed(4)} USD and served ${hits} ${hits === 1 ? 'hit' : 'hits'}`;
	return [`${dryRun ? 'Would drop' : 'Dropped'} ${what}, ${worth}`];
}

export function jobLines(job: WarmJob): string[] {
	const { generated, already_cached: cached, failed, spent_usd: spent } = job;
	const figures = `${generated} generated, ${cached} already cached, ${failed} failed, ${spent.toFixed(4)} USD spent`;
	return [`${job.state}: ${job.done} of ${job.total}, ${figures}`, ...job.errors.map((error) => `  ${error}`)];
}
