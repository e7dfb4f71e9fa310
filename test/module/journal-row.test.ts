import { createI18n } from 'vue-i18n';
import { describe, expect, it } from 'vitest';

import type { JournalDetail, JournalRow } from '../../src/shared/api-types.ts';
import { messages } from '../../src/locales/index.ts';
import { createFormatter } from '../../src/module/lib/format.ts';
import { describeRow } from '../../src/module/lib/journal-row.ts';

const i18n = createI18n({ legacy: false, locale: 'de-DE', messages });

function inGerman(details: JournalDetail[] | undefined, note: string | null = 'In English'): string | null {
	const row = { note, ...(details && { details }) } as JournalRow;
	const { t } = i18n.global;
	const text = describeRow(
		row,
		(key, values = {}, plural) => (plural === undefined ? t(key, values) : t(key, values, { plural })),
		createFormatter('de-DE'),
	);
	return text && text.replace(/[\u00a0\u202f]/g, ' ');
}

describe('a journal row’s note', () => {
	it('uses the user’s language, including its date format', () => {
		const since = '2026-05-01T12:00:00.000Z';
		const outage = inGerman([{ kind: 'outage', invalidations: 2, collections: ['articles', 'pages'], since }]);
		expect(outage).toMatch(/^2 Invalidierungen, .* · articles, pages · seit 01\.05\.2026, \d\d:00$/);
		expect(outage).not.toContain('2026-05-01T');
	});

	it.each<[JournalDetail, RegExp]>([
		[{ kind: 'command_line' }, /^Über die Befehlszeile$/],
		[{ kind: 'flow' }, /^Durch einen Flow$/],
		[{ kind: 'widened' }, /^Mehr als diese Kriterien/],
		[{ kind: 'selection', entries: 3 }, /^3 einzeln ausgewählte Einträge$/],
		[
			{ kind: 'model', provider: 'openai', model: 'gpt-4o', identifier: 'snapshot', from: 'a', to: 'b' },
			/^gpt-4o antwortet mit b statt a$/,
		],
		[
			{ kind: 'model', provider: 'openai', model: 'gpt-4o', identifier: 'fingerprint', from: 'a', to: 'b' },
			/System-Fingerprint b statt a$/,
		],
		[
			{
				kind: 'refresh',
				generated: 1,
				usd: 0.004,
				over_budget: 2,
				budget_usd: 5,
				unpriced: 0,
				refused: 0,
				failed: 1,
			},
			/^1 Antwort für 0,004 \$ aktualisiert · 2 Antworten nicht aktualisiert: .* 5,00 \$ ist verbraucht · 1 fehlgeschlagen$/,
		],
	])('describes %o in German', (detail, text) => {
		expect(inGerman([detail])).toMatch(text);
	});

	it('joins several details', () => {
		expect(inGerman([{ kind: 'flow' }, { kind: 'widened' }])).toMatch(/^Durch einen Flow · Mehr als/);
	});

	it('falls back to the stored note in rows without details', () => {
		expect(inGerman(undefined, 'Written by an earlier version')).toBe('Written by an earlier version');
		expect(inGerman(undefined, null)).toBeNull();
	});
});
