import type { Tag } from '../../cache/tags/tags.ts';
import type { Database } from '../changes/cascades.ts';
import type { PendingInvalidation } from './outbox.ts';

export const OUTBOX_TABLE = 'ai_cache_outbox';

/** Lower than the variable limit per statement of every supported database. */
const ROWS_PER_STATEMENT = 100;

interface Row {
	id: number;
	created: string;
	tags: string;
	cause: string;
}

/** MySQL's driver returns only the number. */
type InsertResult = number | { id: number };

export interface OutboxTable {
	/** Returns the ids of the new rows, in order. */
	append(invalidations: readonly PendingInvalidation[]): Promise<string[]>;
	/** Returns the rows in the order in which they were appended. */
	read(): Promise<PendingInvalidation[]>;
	/** Returns how many of these rows existed. */
	remove(ids: readonly string[]): Promise<number>;
	/** Replaces all rows with one invalidation. */
	collapse(invalidation: PendingInvalidation): Promise<void>;
}

/** The table in Directus' database, created on the first write. Every method rejects if the database fails. */
export function createOutboxTable(database: Database): OutboxTable {
	let creation: Promise<void> | null = null;
	const hasTable = async (): Promise<boolean> => creation !== null || database.schema.hasTable(OUTBOX_TABLE);
	const ensureTable = (): Promise<void> => {
		creation ??= makeTable(database).catch((error: unknown) => {
			creation = null;
			throw error;
		});
		return creation;
	};
	return {
		async append(invalidations) {
			await ensureTable();
			const ids: string[] = [];
			await database.transaction(async (transaction) => {
				for (const invalidation of invalidations) {
					// One by one, because MySQL returns only the first number of several rows.
					const [inserted] = await transaction(OUTBOX_TABLE)
						.insert(encodeRow(invalidation))
						.returning<InsertResult[]>('id');
					ids.push(`d${typeof inserted === 'object' ? inserted.id : inserted}`);
				}
			});
			return ids;
		},
		async read() {
			if (!(await hasTable())) return [];
			return (await database(OUTBOX_TABLE).select<Row[]>('id', 'created', 'tags', 'cause').orderBy('id')).map(
				decodeRow,
			);
		},
		async remove(ids) {
			await ensureTable();
			const numbers = ids.filter((id) => id.startsWith('d')).map((id) => Number(id.slice(1)));
			let removed = 0;
			for (let start = 0; start < numbers.length; start += ROWS_PER_STATEMENT) {
				removed += await database(OUTBOX_TABLE)
					.whereIn('id', numbers.slice(start, start + ROWS_PER_STATEMENT))
					.delete();
			}
			return removed;
		},
		async collapse(invalidation) {
			await ensureTable();
			await database.transaction(async (transaction) => {
				const last = await transaction(OUTBOX_TABLE).max<{ last: number | null }[]>('id as last').first();
				await transaction(OUTBOX_TABLE).insert(encodeRow(invalidation));
				await transaction(OUTBOX_TABLE)
					.where('id', '<=', last?.last ?? 0)
					.delete();
			});
		},
	};
}

/** Two processes may try at the same time. The second one finds the table. */
async function makeTable(database: Database): Promise<void> {
	if (await database.schema.hasTable(OUTBOX_TABLE)) return;
	try {
		await database.schema.createTable(OUTBOX_TABLE, (table) => {
			table.increments('id');
			table.string('created', 30).notNullable();
			// MySQL limits plain text to 64 KB, but an update of 10,000 items has more tags.
			table.text('tags', 'longtext').notNullable();
			table.string('cause', 255).notNullable();
		});
	} catch (error) {
		if (!(await database.schema.hasTable(OUTBOX_TABLE))) throw error;
	}
}

const encodeRow = ({ created, tags, cause }: PendingInvalidation): Omit<Row, 'id'> => ({
	created,
	tags: JSON.stringify(tags),
	cause: cause.slice(0, 255),
});

const decodeRow = ({ id, created, tags, cause }: Row): PendingInvalidation => ({
	id: `d${id}`,
	created,
	tags: JSON.parse(tags) as Tag[],
	cause,
});
