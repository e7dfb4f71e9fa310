import type { Accountability } from '@directus/types';
import type { Database } from '../../content/changes/cascades.ts';
import { type Caller, callerOf, mayAsk } from './caller.ts';

/** Who asked once. */
export interface FormerCaller {
	user: string | null;
	/** Asked without permissions to check, as Directus' own command line does. */
	unrestricted: boolean;
}

/** Deeper nesting of roles than anybody has: ends a circle. */
const MAX_ROLES = 50;

/** Finds those who asked before as they are now, so that what is asked for them is read with their permissions of now. */
export class Callers {
	readonly #database: Database;
	readonly #allowed: readonly string[];

	/** `allowed`: `AI_CACHE_ACCESS`. */
	constructor(database: Database, allowed: readonly string[]) {
		this.#database = database;
		this.#allowed = allowed;
	}

	/** Null for those who may ask no more, and for visitors of a share, who are nobody to be found again. */
	async restore({ user, unrestricted }: FormerCaller): Promise<Caller | null> {
		if (unrestricted) return callerOf(null);
		if (user === null) return null;
		const found = await this.#database('directus_users')
			.select<{ role: string | null; status: string }[]>('role', 'status')
			.where({ id: user });
		const [row] = found;
		if (row?.status !== 'active') return null;
		const roles = await this.#rolesOf(row.role);
		const accountability: Accountability = {
			user,
			role: row.role,
			roles,
			ip: null,
			...(await this.#powers(user, roles)),
		};
		const caller = callerOf(accountability);
		return mayAsk(caller, this.#allowed) ? caller : null;
	}

	/** The role and those that it is nested in. */
	async #rolesOf(role: string | null): Promise<string[]> {
		const roles: string[] = [];
		for (let next = role; next !== null && !roles.includes(next) && roles.length < MAX_ROLES;) {
			roles.push(next);
			const [row] = await this.#database('directus_roles')
				.select<{ parent: string | null }[]>('parent')
				.where({ id: next });
			next = row?.parent ?? null;
		}
		return roles;
	}

	/** Policies that are for some addresses only do not count: nobody asks from any. */
	async #powers(user: string, roles: readonly string[]): Promise<{ admin: boolean; app: boolean }> {
		const policies = await this.#database('directus_access')
			.join('directus_policies', 'directus_policies.id', 'directus_access.policy')
			.select<{ admin_access: unknown; app_access: unknown }[]>('admin_access', 'app_access')
			.where((either) => void either.where('directus_access.user', user).orWhereIn('directus_access.role', [...roles]))
			.where((either) => void either.whereNull('ip_access').orWhere('ip_access', ''));
		// Booleans are numbers in some databases.
		return {
			admin: policies.some(({ admin_access: is }) => Boolean(is)),
			app: policies.some(({ app_access: is }) => Boolean(is)),
		};
	}
}
