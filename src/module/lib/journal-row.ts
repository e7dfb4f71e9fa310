import type { JournalDetail, JournalRow } from '../../shared/api-types.ts';
import type { MessageKey } from '../../locales/index.ts';
import type { Formatter } from './format.ts';

type Translate = (key: MessageKey, values?: Record<string, string | number>, plural?: number) => string;

/** Describes the row's details in the user's language; null if it has none. Rows of older versions have an English note. */
export function describeRow({ details, note }: JournalRow, t: Translate, format: Formatter): string | null {
	if (!details) return note;
	return details.map((detail) => describeDetail(detail, t, format)).join(' · ') || null;
}

function describeDetail(detail: JournalDetail, t: Translate, format: Formatter): string {
	switch (detail.kind) {
		case 'selection':
			return translateCount('journal.detail.selection', detail.entries, t, format);
		case 'model': {
			const { model, from, to } = detail;
			return t(`journal.detail.${detail.identifier}`, { model, from, to });
		}
		case 'outage':
			return [
				translateCount('journal.detail.outage', detail.invalidations, t, format),
				...(detail.collections.length > 0 ? [detail.collections.join(', ')] : []),
				t('journal.detail.since', { time: format.dateTime(detail.since) }),
			].join(' · ');
		case 'refresh':
			return describeRefresh(detail, t, format);
		default:
			return t(`journal.detail.${detail.kind}`);
	}
}

function describeRefresh(detail: JournalDetail & { kind: 'refresh' }, t: Translate, format: Formatter): string {
	const { generated, usd, over_budget: overBudget, unpriced, refused, failed } = detail;
	const money = format.money(usd);
	const budget = format.money(detail.budget_usd);
	return [
		...(generated > 0 || usd > 0 ? [translateCount('journal.detail.generated', generated, t, format, { money })] : []),
		...(overBudget > 0 ? [translateCount('journal.detail.over_budget', overBudget, t, format, { budget })] : []),
		...(unpriced > 0 ? [translateCount('journal.detail.unpriced', unpriced, t, format)] : []),
		...(refused > 0 ? [translateCount('journal.detail.refused', refused, t, format)] : []),
		...(failed > 0 ? [translateCount('journal.detail.failed', failed, t, format)] : []),
	].join(' · ');
}

function translateCount(key: MessageKey, count: number, t: Translate, format: Formatter, values = {}): string {
	return t(key, { ...values, count: format.exact(count) }, count);
}
