import { mariadbDatabases, startMariadb } from './mariadb.ts';
import { postgresDatabases, startPostgres } from './postgres.ts';

/** A real database server of the test run's own. */
export interface DatabaseServer {
	readonly port: number;
	stop(): Promise<void>;
}

/** The databases of a server that runs. */
export interface Databases {
	has(name: string): boolean;
	create(name: string): void;
	/** Makes a database with all that the source has. Nobody may be connected to the source. */
	copy(source: string, name: string): void;
	/** Nobody may be connected to the source. */
	rename(source: string, name: string): void;
	/** What Directus reads to use that database. */
	environment(name: string): Record<string, string>;
}

/** What Directus can use instead of SQLite. */
const KINDS = {
	postgres: { start: startPostgres, connect: postgresDatabases },
	mariadb: { start: startMariadb, connect: mariadbDatabases },
};
export type DatabaseKind = keyof typeof KINDS;

const KIND_VARIABLE = 'AI_CACHE_TEST_DATABASE';
const PORT_VARIABLE = 'AI_CACHE_TEST_DATABASE_PORT';

/** Starts the server that `AI_CACHE_TEST_DATABASE` names for all processes of this run; null for SQLite. */
export async function startDatabaseServer(): Promise<DatabaseServer | null> {
	const kind = readDatabaseKind();
	if (kind === null) return null;
	const server = await KINDS[kind].start();
	process.env[PORT_VARIABLE] = String(server.port);
	return server;
}

/** The databases of the run's server; null for SQLite. */
export function connectDatabases(): Databases | null {
	const kind = readDatabaseKind();
	const port = Number(process.env[PORT_VARIABLE]);
	if (kind === null) return null;
	if (!(port > 0)) throw new Error(`${KIND_VARIABLE} is set, but no server was started`);
	return KINDS[kind].connect(port);
}

/** `AI_CACHE_TEST_DATABASE` (postgres or mariadb); null for SQLite, the default. */
export function readDatabaseKind(): DatabaseKind | null {
	const asked = process.env[KIND_VARIABLE] ?? 'sqlite';
	if (asked === 'sqlite') return null;
	if (asked === 'postgres' || asked === 'mariadb') return asked;
	throw new Error(`${KIND_VARIABLE} must be sqlite, postgres or mariadb`);
}
