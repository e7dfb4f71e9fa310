import type { SchemaOverview } from '@directus/types';
import type { JournalRow, StatsReport } from '../shared/api-types.ts';
import type { HostContext } from '../services/host.ts';
import type { Runtime } from '../host/container.ts';

interface UsersReader {
	readByQuery(
		query: object,
	): Promise<{ id: string; first_name: string | null; last_name: string | null; email: string | null }[]>;
}

type UsersServiceClass = new (options: { schema: SchemaOverview; accountability: null }) => UsersReader;

/** Reads one page of the journal, newest first, with user names. */
export async function readJournalPage(
	runtime: Runtime,
	host: HostContext,
	limit: number,
	cursor: string | null,
): Promise<{ rows: JournalRow[]; next_cursor: string | null }> {
	const rows = await runtime.store.readJournal(limit + 1, cursor);
	const page = rows.slice(0, limit);
	return {
		rows: await addUserNames(host, page),
		next_cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
	};
}

/** Adds user names to the last invalidation of each collection. */
export async function addLastUserNames(host: HostContext, stats: StatsReport): Promise<StatsReport> {
	const figures = Object.entries(stats.collections);
	const rows = await addUserNames(
		host,
		figures.flatMap(([, { last_invalidation: last }]) => last ?? []),
	);
	const named = new Map(rows.map((row) => [row.id, row]));
	const collections = figures.map(([name, { last_invalidation: last, ...rest }]) => [
		name,
		{ ...rest, last_invalidation: last && (named.get(last.id) ?? last) },
	]);
	return { ...stats, collections: Object.fromEntries(collections) as StatsReport['collections'] };
}

async function addUserNames(host: HostContext, rows: readonly JournalRow[]): Promise<JournalRow[]> {
	const names = await readUserNames(host, [...new Set(rows.flatMap(({ user }) => user ?? []))]);
	return rows.map((row) => ({ ...row, user_name: row.user === null ? null : (names.get(row.user) ?? null) }));
}

async function readUserNames(
	{ services, getSchema }: HostContext,
	ids: readonly string[],
): Promise<Map<string, string>> {
	if (ids.length === 0) return new Map();
	const Service = services['UsersService'] as UsersServiceClass;
	const reader = new Service({ schema: await getSchema(), accountability: null });
	const fields = ['id', 'first_name', 'last_name', 'email'];
	const users = await reader.readByQuery({ filter: { id: { _in: ids } }, fields, limit: ids.length });
	return new Map(
		users.map((user) => [
			user.id,
			[user.first_name, user.last_name].filter(Boolean).join(' ') || (user.email ?? user.id),
		]),
	);
}
