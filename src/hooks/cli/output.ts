import type { Figures, InvalidationResult, ModelFigures, Saved, StatsReport, WarmJob } from '../../shared/api-types.ts';

const HEAD = ['', 'look-ups', 'hits', 'hit rate', 'stored', 'errors', 'saved USD', 'spent USD'];

/** Formats a table: overall, each used provider, and its models. */
export function formatStats({ from, to, overall, providers }: StatsReport): string[] {
	const all = Object.values(providers).flatMap((provider) => Object.values(provider.models));
	const rows = [HEAD, formatRow('overall', overall, isFullyPriced(all))];
	for (const [provider, { models, ...figures }] of Object.entries(providers)) {
		if (isUnused(figures)) continue;
		rows.push(formatRow(provider, figures, isFullyPriced(Object.values(models))));
		for (const [model, ofModel] of Object.entries(models)) {
			if (!isUnused(ofModel)) rows.push(formatRow(`  ${model}`, ofModel, ofModel.priced));
		}
	}
	const entries = `${overall.entries} ${overall.entries === 1 ? 'entry' : 'entries'}, ${overall.bytes} bytes`;
	return [`${from} … ${to}`, entries, ...formatTable(rows)];
}

const isFullyPriced = (models: readonly ModelFigures[]): boolean =>
	models.every(({ priced, saved, spent }) => priced || saved.tokens + spent.tokens === 0);

const isUnused = ({ lookups, bypassed, stored, errors }: Figures): boolean =>
	lookups + bypassed + stored + errors === 0;

/** `priced`: every model in the figures has a price. */
const formatRow = (name: string, figures: Figures, priced: boolean): string[] => [
	name,
	String(figures.lookups),
	String(figures.hits + figures.stale),
	figures.lookups === 0 ? UNKNOWN : `${(figures.hit_rate * 100).toFixed(1)} %`,
	String(figures.stored),
	String(figures.errors),
	formatWorth(figures.saved, figures.hits + figures.stale > 0, priced),
	formatWorth(figures.spent, figures.spent.ms > 0, priced),
];

const UNKNOWN = '–';

/** Without a price or reported tokens, the sum is 0 although the real value is unknown. */
function formatWorth({ usd, tokens }: Saved, happened: boolean, priced: boolean): string {
	const known = usd > 0 || !happened || (tokens > 0 && priced);
	return known ? formatUsd(usd) : UNKNOWN;
}

/** Formats two decimals, or two significant digits below one cent. */
export function formatUsd(usd: number): string {
	if (usd === 0 || Math.abs(usd) >= 0.01) return usd.toFixed(2);
	return usd.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}

/** Aligns the first column to the left and figures to the right. */
function formatTable(rows: readonly string[][]): string[] {
	const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows.map((row) =>
		row
			.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
			.join('  ')
			.trimEnd(),
	);
}

export function formatInvalidation({ entries, usd, hits, bytes, dry_run: dryRun }: InvalidationResult): string[] {
	const what = `${entries} ${entries === 1 ? 'entry' : 'entries'} (${bytes} bytes)`;
	const cost = usd > 0 || entries === 0 ? `which cost ${formatUsd(usd)} USD` : 'whose cost is not known,';
	const served = `and served ${hits} ${hits === 1 ? 'hit' : 'hits'}`;
	return [`${dryRun ? 'Would drop' : 'Dropped'} ${what}, ${cost} ${served}`];
}

export function formatJob(job: WarmJob): string[] {
	const { generated, already_cached: cached, failed, spent_usd: spent } = job;
	const paid = spent > 0 || generated === 0 ? `${formatUsd(spent)} USD spent` : 'what was spent is not known';
	const figures = `${generated} generated, ${cached} already cached, ${failed} failed, ${paid}`;
	return [`${job.state}: ${job.done} of ${job.total}, ${figures}`, ...job.errors.map((error) => `  ${error}`)];
}
