import { randomUUID } from 'node:crypto';

import type { Api } from './api.ts';

export interface PermissionDefinition {
	collection: string;
	action: 'create' | 'read' | 'update' | 'delete';
	/** Default `['*']`. Directus 12 without a licence refuses anything else. */
	fields?: string[];
	/** A filter; Directus 12 without a licence refuses one. */
	permissions?: Record<string, unknown> | null;
}

export interface Account {
	id: string;
	role: string;
	policy: string;
	token: string;
	email: string;
	password: string;
}

/** A user with a static token, a role and one policy of their own that holds the given permissions. */
export async function createAccount(
	directus: Api,
	name: string,
	permissions: PermissionDefinition[],
	policy: { admin_access?: boolean; app_access?: boolean } = {},
): Promise<Account> {
	const token = `token-${name}-${randomUUID()}`;
	const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
	const password = `password-${name}`;
	const policyId = await createPolicy(directus, name, permissions, policy);
	const role = await directus.data<{ id: string }>('POST', '/roles', { name });
	await directus.data('POST', '/access', { role: role.id, policy: policyId });
	const user = await directus.data<{ id: string }>('POST', '/users', {
		email,
		password,
		token,
		role: role.id,
		status: 'active',
		first_name: name,
	});
	return { id: user.id, role: role.id, policy: policyId, token, email, password };
}

/** One more user of a role that exists. */
export async function createMember(directus: Api, name: string, role: string): Promise<{ id: string; token: string }> {
	const token = `token-${name}-${randomUUID()}`;
	const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
	const user = await directus.data<{ id: string }>('POST', '/users', { email, token, role, status: 'active' });
	return { id: user.id, token };
}

export async function createPolicy(
	directus: Api,
	name: string,
	permissions: PermissionDefinition[],
	policy: { admin_access?: boolean; app_access?: boolean } = {},
): Promise<string> {
	const created = await directus.data<{ id: string }>('POST', '/policies', {
		name,
		admin_access: policy.admin_access ?? false,
		app_access: policy.app_access ?? false,
	});
	if (permissions.length > 0) {
		await directus.data(
			'POST',
			'/permissions',
			permissions.map((each) => ({ fields: ['*'], permissions: null, validation: null, ...each, policy: created.id })),
		);
	}
	return created.id;
}
