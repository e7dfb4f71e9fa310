import { listToManyEnds, listReferencingCollections } from './changes/parent-relations.ts';
import type { SchemaOverview } from '@directus/types';

/** Directus' connection to its database, as far as it is listened to. */
interface QuerySource {
	on?: (event: 'query', listener: (query: { sql?: unknown }) => void) => unknown;
}

/**
 * Notes when a table was last written, and when an event last told of it. Directus takes all hooks away while it loads
 * its extensions anew, or while the bundle is switched off: what is written then is told to nobody.
 */
export class WriteLog {
	readonly #lastWrites = new Map<string, number>();
	readonly #lastEvents = new Map<string, number>();
	readonly #now: () => number;

	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	/** Listens to all that the process writes. False if the connection cannot be listened to. */
	listen(database: unknown): boolean {
		const source = database as QuerySource | null;
		if (typeof source?.on !== 'function') return false;
		source.on('query', ({ sql }) => {
			const table = typeof sql === 'string' ? parseWrittenTable(sql) : null;
			if (table !== null) this.#lastWrites.set(table, this.#now());
		});
		return true;
	}

	/** To be called with the collection of each event. */
	noteEvent(collection: unknown): void {
		if (typeof collection === 'string') this.#lastEvents.set(collection, this.#now());
	}

	/** The tables of which a write may have been told to nobody: no event came after it, or it is just over. */
	listMissedTables(): string[] {
		const recent = this.#now() - RELOAD_MS;
		return [...this.#lastWrites]
			.filter(([table, at]) => at > recent || at > (this.#lastEvents.get(table) ?? -Infinity))
			.map(([table]) => table);
	}
}

/** Two writes at the same time, one of them told of: which of both the event was of is not known so soon. */
const RELOAD_MS = 5_000;

const NAME = String.raw`(?:"[^"]+"|\`[^\`]+\`|\[[^\]]+\]|[\w$-]+)`;
const WRITE = new RegExp(
	String.raw`^(?:insert (?:or \w+ )?into|replace into|update|delete from|truncate(?: table)?|merge into|(?:alter|create|drop) table(?: if (?:not )?exists)?) (?:only )?(?:${NAME}\.)*(${NAME})(.{0,40})`,
	'i',
);
/** Written by Directus itself, without an event and with each login; nothing depends on them. */
const UNREAD_TABLES = new Set(['directus_activity', 'directus_revisions', 'directus_sessions']);
const UNREAD_COLUMNS = /^ set .?last_(?:access|page)\b/i;

/** The table that a statement writes, null if it only reads. */
export function parseWrittenTable(sql: string): string | null {
	// Most statements are reads.
	if (sql.startsWith('select') || sql.startsWith('SELECT')) return null;
	const [, name, rest = ''] = WRITE.exec(sql) ?? [];
	if (name === undefined) return null;
	const table = /^[\w$-]/.test(name) ? name : name.slice(1, -1);
	if (UNREAD_TABLES.has(table) || (table === 'directus_users' && UNREAD_COLUMNS.test(rest))) return null;
	return table;
}

/** With the collections whose rows the database deletes along with theirs, and those whose lists hold their rows. */
export function includeRelated(collections: readonly string[], schema: SchemaOverview): string[] {
	const lastWrites = new Set(collections);
	for (const collection of lastWrites)
		for (const child of listReferencingCollections(collection, schema)) lastWrites.add(child);
	const parents = [...lastWrites].flatMap((collection) =>
		listToManyEnds(collection, schema).map(({ parent }) => parent),
	);
	return [...new Set([...lastWrites, ...parents])];
}
