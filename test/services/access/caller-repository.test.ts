import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Callers } from '../../../src/services/access/caller-repository.ts';
import { hasDatabase, openDatabase } from '../../content/database.ts';

const ANN = { user: 'ann', unrestricted: false };

describe.skipIf(!hasDatabase)('who asked before', () => {
	let database: ReturnType<typeof openDatabase>;
	beforeAll(async () => {
		database = openDatabase();
		await database.schema.createTable('directus_users', (table) => {
			table.string('id');
			table.string('role');
			table.string('status');
		});
		await database.schema.createTable('directus_roles', (table) => {
			table.string('id');
			table.string('parent');
		});
		await database.schema.createTable('directus_policies', (table) => {
			table.string('id');
			table.boolean('admin_access');
			table.boolean('app_access');
			table.string('ip_access');
		});
		await database.schema.createTable('directus_access', (table) => {
			table.string('user');
			table.string('role');
			table.string('policy');
		});
	});
	afterAll(() => database.destroy());
	beforeEach(async () => {
		for (const table of ['users', 'roles', 'policies', 'access']) await database(`directus_${table}`).delete();
		await database('directus_roles').insert([
			{ id: 'staff', parent: null },
			{ id: 'editors', parent: 'staff' },
		]);
		await database('directus_users').insert([{ id: 'ann', role: 'editors', status: 'active' }]);
	});

	const policy = async (id: string, powers: object, holder: object) => {
		await database('directus_policies').insert({
			id,
			admin_access: false,
			app_access: false,
			ip_access: null,
			...powers,
		});
		await database('directus_access').insert({ policy: id, user: null, role: null, ...holder });
	};
	const restore = (former = ANN, allowed: string[] = []) => new Callers(database, allowed).restore(former);

	it('is found with the roles of now, and no more power than they give', async () => {
		await policy('app', { app_access: true }, { role: 'staff' });
		await policy('others', { admin_access: true }, { role: 'bosses' });
		const accountability = {
			user: 'ann',
			role: 'editors',
			roles: ['editors', 'staff'],
			admin: false,
			app: true,
			ip: null,
		};
		expect(await restore()).toEqual({
			user: 'ann',
			role: 'editors',
			roles: ['editors', 'staff'],
			admin: false,
			accountability,
		});
	});

	it.each([
		['their role', { role: 'editors' }],
		['a role that theirs is nested in', { role: 'staff' }],
		['themselves', { user: 'ann' }],
	])('is an admin by a policy of %s', async (_, holder) => {
		await policy('power', { admin_access: true }, holder);
		expect(await restore()).toMatchObject({ admin: true, accountability: { admin: true } });
	});

	it('is none by a policy for some addresses alone', async () => {
		await policy('power', { admin_access: true, ip_access: '10.0.0.0/8' }, { user: 'ann' });
		expect(await restore()).toMatchObject({ admin: false });
	});

	it('is nobody once suspended or deleted', async () => {
		await database('directus_users').update({ status: 'suspended' });
		expect(await restore()).toBeNull();
		await database('directus_users').delete();
		expect(await restore()).toBeNull();
	});

	it('is nobody where AI_CACHE_ACCESS names others, unless an admin', async () => {
		expect(await restore(ANN, ['bob'])).toBeNull();
		expect(await restore(ANN, ['staff'])).toMatchObject({ user: 'ann' });
		await policy('power', { admin_access: true }, { user: 'ann' });
		expect(await restore(ANN, ['bob'])).toMatchObject({ user: 'ann' });
	});

	it('is nobody where a visitor of a share asked, and everybody where Directus itself did', async () => {
		expect(await restore({ user: null as never, unrestricted: false })).toBeNull();
		expect(await restore({ user: null as never, unrestricted: true })).toMatchObject({ accountability: null });
	});

	it('has each role once where roles are nested in a circle', async () => {
		await database('directus_roles').where({ id: 'staff' }).update({ parent: 'editors' });
		expect((await restore())?.roles).toEqual(['editors', 'staff']);
	});
});
