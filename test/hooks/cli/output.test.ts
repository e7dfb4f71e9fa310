import { describe, expect, it } from 'vitest';

import type { InvalidationResult, StatsReport, WarmJob } from '../../../src/shared/api-types.ts';
import { formatUsd, formatInvalidation, formatJob, formatStats } from '../../../src/hooks/cli/output.ts';

describe('amounts in the command-line output', () => {
	it.each([
		[0, '0.00'],
		[0.0000004, '0.0000004'],
		[0.000038, '0.000038'],
		[0.00419, '0.0042'],
		[0.01, '0.01'],
		[12.3456, '12.35'],
	])('formats %d as %s', (usd, text) => {
		expect(formatUsd(usd)).toBe(text);
	});

	it('reports the cost of unpriced entries as unknown', () => {
		const result = (usd: number) => ({ entries: 1, usd, hits: 2, bytes: 9, dry_run: false }) as InvalidationResult;
		expect(formatInvalidation(result(0.00004))[0]).toContain('which cost 0.00004 USD and served 2 hits');
		expect(formatInvalidation(result(0))[0]).toContain('whose cost is not known, and served 2 hits');
	});

	it('reports the spending of an unpriced run as unknown', () => {
		const job = { state: 'done', done: 1, total: 1, generated: 1, already_cached: 0, failed: 0, errors: [] };
		expect(formatJob({ ...job, spent_usd: 0.00004 } as unknown as WarmJob)[0]).toContain('0.00004 USD spent');
		expect(formatJob({ ...job, spent_usd: 0 } as unknown as WarmJob)[0]).toContain('not known');
	});
});

describe('the command-line table', () => {
	const figures = (hits: number, tokens: number, usd: number) => ({
		lookups: hits * 2,
		hits,
		stale: 0,
		bypassed: 0,
		stored: hits,
		errors: 0,
		hit_rate: 0.5,
		saved: { usd, tokens, ms: hits },
		spent: { usd, tokens, ms: hits },
	});
	const model = (priced: boolean, ...of: Parameters<typeof figures>) => ({ ...figures(...of), priced });

	it('shows a dash for unknown amounts and 0.00 for zero', () => {
		const models = {
			known: model(true, 2, 90, 0.00004),
			free: model(true, 2, 90, 0),
			unpriced: model(false, 2, 90, 0),
		};
		const report = {
			from: 'a',
			to: 'b',
			overall: { ...figures(6, 270, 0.00004), entries: 3, bytes: 9 },
			providers: { openai: { ...figures(6, 270, 0.00004), models } },
		};
		const lines = formatStats(report as unknown as StatsReport);
		const endOf = (name: string) =>
			lines
				.find((line) => line.trim().startsWith(name))
				?.trim()
				.split(/ +/)
				.slice(-2);
		expect(endOf('known')).toEqual(['0.00004', '0.00004']);
		expect(endOf('free')).toEqual(['0.00', '0.00']);
		expect(endOf('unpriced')).toEqual(['–', '–']);
	});
});
