import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/module/lib/format.ts';

const english = createFormatter('en-US');
const german = createFormatter('de-DE');
const NOW = Date.parse('2026-05-01T12:00:00Z');

/** Intl writes narrow and non-breaking spaces; the tests care for the words. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ');

describe('figures in the user’s locale', () => {
	it('groups counts, and abbreviates them from 100,000', () => {
		expect(english.count(1204)).toBe('1,204');
		expect(english.count(99_999)).toBe('99,999');
		expect(english.count(1_250_000)).toBe('1.3M');
		expect(german.count(1204)).toBe('1.204');
	});

	it('keeps significant digits of small amounts of money', () => {
		expect(english.money(0.00042)).toBe('$0.00042');
		expect(english.money(0)).toBe('$0.00');
		expect(english.money(12.4)).toBe('$12.40');
		expect(english.money(12_400.6)).toBe('$12,401');
		expect(plain(german.money(12.4))).toBe('12,40 $');
	});

	it('counts bytes in binary units up to terabytes', () => {
		expect(english.bytes(0)).toBe('0 bytes');
		expect(english.bytes(1023)).toBe('1,023 bytes');
		expect(english.bytes(1536)).toBe('1.5 kB');
		expect(english.bytes(2 ** 40)).toBe('1 TB');
		expect(english.bytes(2 ** 55)).toContain('TB');
	});

	it('formats milliseconds with one decimal below 10', () => {
		expect(plain(english.milliseconds(15.077))).toBe('15 ms');
		expect(plain(english.milliseconds(0.4211))).toBe('0.4 ms');
		expect(plain(german.milliseconds(0.4211))).toBe('0,4 ms');
	});

	it('formats durations in their two largest units', () => {
		expect(english.duration(0.84)).toBe('0.8s');
		expect(english.duration(86_400)).toBe('1d');
		expect(english.duration(93_784)).toBe('1d 2h');
		expect(english.duration(125)).toBe('2m 5s');
		expect(english.duration(59.7)).toBe('1m');
	});

	it('adds a sign to changes, except to 0', () => {
		expect(english.change(0.19)).toBe('+19%');
		expect(english.change(-0.5)).toBe('-50%');
		expect(english.points(0.0312)).toBe('+3.1');
		expect(english.points(0)).toBe('0');
	});

	it('distinguishes the past from the future', () => {
		expect(english.relative('2026-05-01T11:55:00Z', NOW)).toBe('5 minutes ago');
		expect(english.relative('2026-05-01T14:30:00Z', NOW)).toBe('in 2 hours');
		expect(german.relative('2026-05-01T11:55:00Z', NOW)).toBe('vor 5 Minuten');
	});

	it('counts days instead of writing tomorrow', () => {
		expect(english.relative('2026-05-03T11:00:00Z', NOW)).toBe('in 1 day');
		expect(english.relative('2026-04-29T13:00:00Z', NOW)).toBe('1 day ago');
		expect(english.relative('2026-05-01T12:00:00.400Z', NOW)).toBe('now');
	});

	it('labels days by date and hours by time', () => {
		expect(english.bucket('2026-05-01T12:00:00Z', 86_400)).toBe('May 1');
		expect(english.bucket('2026-05-01T12:00:00Z', 3_600)).toMatch(/^\d+:00/);
	});

	it('includes the day for a bucket of any length', () => {
		for (const seconds of [60, 3_600, 3_601]) {
			expect(english.dayAndTime('2026-05-01T12:00:00Z', seconds)).toMatch(/^Fri, May 1, \d+:00/);
			expect(german.dayAndTime('2026-05-01T12:00:00Z', seconds)).toMatch(/^Fr\., 1\. Mai/);
		}
		expect(english.dayAndTime('2026-05-01T00:00:00Z', 86_400)).toBe('Fri, May 1');
	});

	it('labels a UTC day with the same date in every time zone', () => {
		const zone = process.env['TZ'];
		process.env['TZ'] = 'America/Los_Angeles';
		try {
			expect(english.bucket('2026-05-01T00:00:00Z', 86_400)).toBe('May 1');
			expect(english.dayAndTime('2026-05-01T00:00:00Z', 86_400)).toBe('Fri, May 1');
		} finally {
			if (zone === undefined) delete process.env['TZ'];
			else process.env['TZ'] = zone;
		}
	});
});
