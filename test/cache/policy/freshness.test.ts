import { describe, expect, it } from 'vitest';

import type { Entry, EntryState } from '../../../src/cache/entry.ts';
import { isTooOld, isWithinStale } from '../../../src/cache/policy/freshness.ts';

const CREATED = 1_000_000;
const EXPIRES = CREATED + 60_000;
const entry = { meta: { created: CREATED, expires: EXPIRES } } as Entry;
const found = (state: EntryState, covers = true) => ({ entry, state, covers });

describe('an answer', () => {
	it.each([
		[10, 10_000, false],
		[10, 10_001, true],
		[0, 0, false],
		[0, 1, true],
		[undefined, 1e9, false],
	])('for who takes none older than %s s is too old after %i ms: %s', (maxAge, passed, tooOld) => {
		expect(isTooOld(entry, maxAge, CREATED + passed)).toBe(tooOld);
	});

	it.each([
		['5 s past its life', undefined, 5, EXPIRES + 4999, true],
		['5 s past its life', undefined, 5, EXPIRES + 5000, false],
		['5 s past the age of 10 s', 10, 5, CREATED + 14_999, true],
		['5 s past the age of 10 s', 10, 5, CREATED + 15_000, false],
		['5 s past its life, which ends before that age', 600, 5, EXPIRES + 5000, false],
		['no time past its life', undefined, 0, EXPIRES - 1, false],
		['nothing said', undefined, undefined, EXPIRES - 1, false],
	])('may be stale for %s', (_, maxAge, seconds, now, given) => {
		expect(isWithinStale(found('expired'), { maxAge, seconds }, now)).toBe(given);
	});

	it('is given no more once it was invalidated, or where it lacks a dependency', () => {
		const limits = { maxAge: undefined, seconds: 60 };
		expect(isWithinStale(found('invalidated'), limits, CREATED)).toBe(false);
		expect(isWithinStale(found('fresh', false), limits, CREATED)).toBe(false);
	});
});
