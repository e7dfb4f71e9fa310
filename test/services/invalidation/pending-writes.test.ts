import { beforeEach, describe, expect, it } from 'vitest';

import { OpenWrites, type Writing } from '../../../src/services/invalidation/pending-writes.ts';

const HOUR_MS = 3_600_000;

let now: number;
let writes: OpenWrites;
beforeEach(() => {
	now = 0;
	writes = new OpenWrites(() => now);
});

const by = (accountability: unknown): Writing => ({ accountability });

describe('what a request has invalidated', () => {
	it('is told by the accountability that Directus handed on, not by who it is', () => {
		const [one, other] = [by({ user: 'an-editor' }), by({ user: 'an-editor' })];
		for (const request of [one, other]) writes.open(request);
		expect(writes.add(['a', 'b'], one.accountability)).toBe(true);
		writes.add(['b', 'c'], other.accountability);
		writes.add(['a'], one.accountability);
		expect(writes.close(one)).toEqual(['a', 'b']);
		expect(writes.close(other)).toEqual(['b', 'c']);
	});

	it.each([undefined, null, { user: 'of a Flow' }])('may be anybody’s where the event has %j', (accountability) => {
		const [one, anonymous] = [by({ user: 'an-editor' }), by(null)];
		for (const request of [one, anonymous]) writes.open(request);
		expect(writes.add(['a'], accountability)).toBe(false);
		expect([writes.close(one), writes.close(anonymous)]).toEqual([['a'], ['a']]);
	});

	it('is known of accountability that came after the request was opened', () => {
		const [one, other] = [{ accountability: undefined as unknown }, by({})];
		for (const request of [one, other]) writes.open(request);
		one.accountability = { user: 'an-editor' };
		writes.add(['a'], one.accountability);
		expect([writes.close(one), writes.close(other)]).toEqual([['a'], []]);
	});

	it('ends with the request', () => {
		const one = by({});
		writes.open(one);
		writes.close(one);
		writes.add(['a'], one.accountability);
		expect(writes.close(one)).toBeNull();
	});

	it('is given up where the end of a request was lost, and of no other', () => {
		const [lost, slow] = [by({}), by({})];
		writes.open(lost);
		now = 1;
		writes.open(slow);
		now = HOUR_MS + 1;
		writes.open(by({}));
		writes.add(['a'], null);
		expect([writes.close(lost), writes.close(slow)]).toEqual([null, ['a']]);
	});
});
