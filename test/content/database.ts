import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Database } from '../../src/content/changes/cascades.ts';

const directus = new URL('../../sandbox/directus-12/package.json', import.meta.url);

/** Whether the sandbox is installed that holds Directus with its own knex and SQLite driver. */
export const hasDatabase = existsSync(new URL('./node_modules/sqlite3/package.json', directus));

/** A real SQLite database in memory, through the knex that Directus itself uses. */
export function openDatabase(): Database & { destroy(): Promise<void> } {
	const require = createRequire(directus);
	const knex = createRequire(require.resolve('@directus/api'))('knex') as (
		config: object,
	) => ReturnType<typeof openDatabase>;
	return knex({
		client: 'sqlite3',
		connection: { filename: ':memory:' },
		useNullAsDefault: true,
		pool: { min: 1, max: 1, idleTimeoutMillis: 2 ** 31 - 1 },
	});
}
