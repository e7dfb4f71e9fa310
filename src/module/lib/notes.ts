import type { Figures } from '../../shared/api-types.ts';
import type { MessageKey } from '../../locales/index.ts';
import type { Formatter } from './format.ts';

type Translate = (key: MessageKey, values?: Record<string, string | number>, plural?: number) => string;

/** Lists counts that hits and misses leave out: bypassed requests, failed generations and hits without token usage. */
export function listRowNotes(figures: Figures, t: Translate, format: Formatter): string[] {
	const { bypassed, errors, hits_without_usage: withoutUsage } = figures;
	return (
		[
			['notes.bypassed', bypassed],
			['notes.errors', errors],
			['notes.without_usage', withoutUsage],
		] as const
	).flatMap(([key, count]) => (count > 0 ? [t(key, { count: format.exact(count) }, count)] : []));
}
