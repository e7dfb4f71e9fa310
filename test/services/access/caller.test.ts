import { describe, expect, it } from 'vitest';

import { type Caller, callerOf, isAuthenticated, isNamed, scopeIdOf } from '../../../src/services/access/caller.ts';

const caller = (more: object = {}): Caller =>
	callerOf({ user: null, role: null, roles: [], admin: false, app: false, ip: null, ...more });

const public_ = caller();
const editor = caller({ user: 'u1', role: 'editor', roles: ['editor', 'staff'] });

describe('a caller', () => {
	it('is a user, and not the public nor the visitor of a share, who has a role alone', () => {
		expect([public_, caller({ role: 'editor', share: 's1' }), editor].map(isAuthenticated)).toEqual([
			false,
			false,
			true,
		]);
	});

	it('without permissions to check is Directus itself', () => {
		expect(callerOf(null)).toMatchObject({ admin: true, accountability: null });
	});

	it('is named by user id, by role, or by a role that theirs is nested in', () => {
		const names = ['u1', 'editor', 'staff', 'u2'].map((name) => isNamed(editor, [name]));
		expect(names).toEqual([true, true, true, false]);
		expect(isNamed(editor, [])).toBe(false);
	});
});

describe('the scope', () => {
	it('keeps entries apart by nothing, role or user', () => {
		expect([scopeIdOf('shared', editor), scopeIdOf('role', editor), scopeIdOf('user', editor)]).toEqual([
			'',
			'editor',
			'u1',
		]);
	});

	it('of nobody is never that of somebody', () => {
		const ids = [scopeIdOf('user', public_), scopeIdOf('role', public_)];
		for (const id of ids) expect(['', 'editor', 'u1', 'null', 'undefined']).not.toContain(id);
	});
});
