import { listToManyEnds, listReferencingCollections } from './changes/parent-relations.ts';
import type { SchemaOverview } from '@directus/types';

/** The part of Directus' database connection that is used here. */
interface QuerySource {
	on?: (event: 'query', listener: (query: { sql?: unknown }) => void) => unknown;
}

/**
 * Records when each table was last written, and when an event last reported it. Directus removes all hooks while it
 * reloads its extensions or while the bundle is disabled. Writes during that time cause no event.
 */
export class WriteLog {
	readonly #lastWrites = new Map<string, number>();
	readonly #lastEvents = new Map<string, number>();
	readonly #now: () => number;

	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	/** Records every write of this process. Returns false if the connection does not report its queries. */
	listen(database: unknown): boolean {
		const source = database as QuerySource | null;
		if (typeof source?.on !== 'function') return false;
		source.on('query', ({ sql }) => {
			const table = typeof sql === 'string' ? parseWrittenTable(sql) : null;
			if (table !== null) this.#lastWrites.set(table, this.#now());
		});
		return true;
	}

	/** Call with the collection of each event. */
	noteEvent(collection: unknown): void {
		if (typeof collection === 'string') this.#lastEvents.set(collection, this.#now());
	}

	/** Returns the tables with a write that no event may have reported: none came after it, or it is very recent. */
	listMissedTables(): string[] {
		const recent = this.#now() - RELOAD_MS;
		return [...this.#lastWrites]
			.filter(([table, at]) => at > recent || at > (this.#lastEvents.get(table) ?? -Infinity))
			.map(([table]) => table);
	}
}

/** An event shortly after two writes may belong to either of them, so recent writes always count as missed. */
const RELOAD_MS = 5_000;

const NAME = String.raw`(?:"[^"]+"|\`[^\`]+\`|\[[^\]]+\]|[\w$-]+)`;
const WRITE = new RegExp(
	String.raw`^(?:insert (?:or \w+ )?into|replace into|update|delete from|truncate(?: table)?|merge into|(?:alter|create|drop) table(?: if (?:not )?exists)?) (?:only )?(?:${NAME}\.)*(${NAME})(.{0,40})`,
	'i',
);
/** Directus writes these itself, without events and on each login. No answer depends on them. */
const UNREAD_TABLES = new Set(['directus_activity', 'directus_revisions', 'directus_sessions']);
const UNREAD_COLUMNS = /^ set .?last_(?:access|page)\b/i;

/** Returns the table that a statement writes, or null if it only reads. */
export function parseWrittenTable(sql: string): string | null {
	// Most statements are reads.
	if (sql.startsWith('select') || sql.startsWith('SELECT')) return null;
	const [, name, rest = ''] = WRITE.exec(sql) ?? [];
	if (name === undefined) return null;
	const table = /^[\w$-]/.test(name) ? name : name.slice(1, -1);
	if (UNREAD_TABLES.has(table) || (table === 'directus_users' && UNREAD_COLUMNS.test(rest))) return null;
	return table;
}

/** Adds the collections whose rows the database deletes along, and the collections whose lists contain these rows. */
export function includeRelated(collections: readonly string[], schema: SchemaOverview): string[] {
	const lastWrites = new Set(collections);
	for (const collection of lastWrites)
		for (const child of listReferencingCollections(collection, schema)) lastWrites.add(child);
	const parents = [...lastWrites].flatMap((collection) =>
		listToManyEnds(collection, schema).map(({ parent }) => parent),
	);
	return [...new Set([...lastWrites, ...parents])];
}
