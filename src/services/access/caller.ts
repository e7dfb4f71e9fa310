import type { Accountability, SchemaOverview } from '@directus/types';
import type { ContentChange } from '../../cache/tags/tags.ts';
import type { Scope } from '../../shared/api-types.ts';

/** Whoever changes these may change who may do what. */
const CALLER_COLLECTIONS = new Set([
	'directus_users',
	'directus_roles',
	'directus_policies',
	'directus_access',
	'directus_permissions',
	'directus_sessions',
	'directus_shares',
	'directus_settings',
]);

/** Whether it may change who may do what. Directus notes in its users which page of the Studio they look at. */
export function changesCallers(change: ContentChange): boolean {
	if (!CALLER_COLLECTIONS.has(change.collection)) return false;
	const isPageView = change.kind === 'update' && change.fields.every((field) => field === 'last_page');
	return !isPageView;
}

/** Who asks, as Directus knows them. */
export interface Caller {
	user: string | null;
	role: string | null;
	/** The role and those that it is nested in. */
	roles: readonly string[];
	admin: boolean;
	/** What item templates are read with; null reads everything, as a schedule's Flow does. */
	accountability: Accountability | null;
	/** The schema that Directus read for this very request. It copies it each time, which takes longer than most else. */
	schema?: SchemaOverview;
}

/** Null where Directus has no permissions to check: its own command line, a Flow that runs with full access. */
export function callerOf(accountability: Accountability | null): Caller {
	if (accountability === null) return { user: null, role: null, roles: [], admin: true, accountability: null };
	const { user, role, roles, admin } = accountability;
	return { user, role, roles: roles.length > 0 ? roles : role === null ? [] : [role], admin, accountability };
}

/** Whether a user, and neither the public nor the visitor of a share: that one has a role, but is nobody. */
export const isAuthenticated = ({ user, admin }: Caller): boolean => user !== null || admin;

/** True where the list names the caller's user id or one of their roles. */
export const isNamed = ({ user, roles }: Caller, list: readonly string[]): boolean =>
	list.some((id) => id === user || roles.includes(id));

/** Any authenticated user, narrowed by `AI_CACHE_ACCESS`. */
export const mayAsk = (caller: Caller, allowed: readonly string[]): boolean =>
	isAuthenticated(caller) && (allowed.length === 0 || caller.admin || isNamed(caller, allowed));

/** The id that a scope's entries are kept apart by; a caller without one shares with none but their like. */
export function scopeIdOf(scope: Scope, caller: Caller): string {
	if (scope === 'shared') return '';
	return (scope === 'role' ? caller.role : caller.user) ?? '(none)';
}
