import type { JournalDetail } from '../../shared/api-types.ts';
import { UNSTEADY } from '../../cache/model-versions.ts';

/** Writes the journal row's note in English; null if there is nothing to add to its criteria. */
export function writeNote(details: readonly JournalDetail[]): string | null {
	return details.length === 0 ? null : details.map(writeDetail).join('. ');
}

function writeDetail(detail: JournalDetail): string {
	switch (detail.kind) {
		case 'command_line':
			return 'By the command line';
		case 'flow':
			return 'By a Flow';
		case 'widened':
			return 'More than these criteria: Redis had evicted what tells apart entries that meet all of them';
		case 'selection':
			return `${detail.entries} entries, chosen one by one`;
		case 'model':
			return writeModel(detail);
		case 'outage':
			return writeOutage(detail);
		case 'refresh':
			return writeRefresh(detail);
	}
}

function writeModel({ provider, model, identifier, from, to }: JournalDetail & { kind: 'model' }): string {
	const what = identifier === 'snapshot' ? 'snapshot' : 'system fingerprint';
	if (to === UNSTEADY) return `${provider}/${model} answers with another ${what} each time: it names no version`;
	return `${provider}/${model} answers with another ${what}: ${to} instead of ${from}`;
}

function writeOutage({ invalidations, collections, since }: JournalDetail & { kind: 'outage' }): string {
	const what = `${invalidations} ${invalidations === 1 ? 'invalidation' : 'invalidations'}`;
	const where = collections.length > 0 ? ` (${collections.join(', ')})` : '';
	return `${what}${where}, kept since ${since}, while the store was away`;
}

function writeRefresh(detail: JournalDetail & { kind: 'refresh' }): string {
	const { generated, usd, over_budget: overBudget, budget_usd: budget, unpriced, refused, failed } = detail;
	const parts = [
		...(generated > 0 || usd > 0 ? [`Made ${answers(generated)} again for ${money(usd)} USD`] : []),
		...(overBudget > 0 ? [`left ${answers(overBudget)}, as the day’s budget of ${money(budget)} USD is spent`] : []),
		...(unpriced > 0 ? [`left ${answers(unpriced)} of models whose price AI_CACHE_PRICES does not name`] : []),
		...(refused > 0 ? [`left ${answers(refused)} that may not be asked for as before`] : []),
		...(failed > 0 ? [`${failed} failed`] : []),
	];
	const text = parts.join('; ');
	return text.charAt(0).toUpperCase() + text.slice(1);
}

const answers = (count: number): string => `${count} ${count === 1 ? 'answer' : 'answers'}`;
const money = (usd: number): string => String(Number(usd.toPrecision(3)));
