import { toManyEnds, relatedCollections } from './changes/parent-relations.ts';
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
	readonly #written = new Map<string, number>();
	readonly #heard = new Map<string, number>();
	readonly #now: () => number;

	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	/** Listens to all that the process writes. False if the connection cannot be listened to. */
	listen(database: unknown): boolean {
		const source = database as QuerySource | null;
		if (typeof source?.on !== 'function') return false;
		source.on('query', ({ sql }) => {
			const table = typeof sql === 'string' ? writtenTable(sql) : null;
			if (table !== null) this.#written.set(table, this.#now());
		});
		return true;
	}

	/** To be called with the collection of each event. */
	hear(collection: unknown): void {
		if (typeof collection === 'string') this.#heard.set(collection, this.#now());
	}

	/** The tables of which a write may have been told to nobody: no event came after it, or it is just over. */
	missed(): string[] {
		const recent = this.#now() - RELOAD_MS;
		return [...this.#written]
			.filter(([table, at]) => at > recent || at > (this.#heard.get(table) ?? -Infinity))
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
export function writtenTable(sql: string): string | null {
	// Most statements are reads.
	if (sql.startsWith('select') || sql.startsWith('SELECT')) return null;
	const [, name, rest = ''] = WRITE.exec(sql) ?? [];
	if (name === undefined) return null;
	const table = /^[\w$-]/.test(name) ? name : name.slice(1, -1);
	if (UNREAD_TABLES.has(table) || (table === 'directus_users' && UNREAD_COLUMNS.test(rest))) return null;
	return table;
}

/** With the collections whose rows the database deletes along with theirs, and those whose lists hold their rows. */
export function withRelated(collections: readonly string[], schema: SchemaOverview): string[] {
	const written = new Set(collections);
	for (const collection of written) for (const child of relatedCollections(collection, schema)) written.add(child);
	const parents = [...written].flatMap((collection) => toManyEnds(collection, schema).map(({ parent }) => parent));
	return [...new Set([...written, ...parents])];
}
