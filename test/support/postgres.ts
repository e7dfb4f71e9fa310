import { execFileSync } from 'node:child_process';
import path from 'node:path';

import type { Databases, DatabaseServer } from './database-server.ts';
import { freePort } from './port.ts';
import { createServerDirectory, findProgramFolder, startServer } from './server-process.ts';

const USER = 'directus';
const PROGRAMS = findProgramFolder(['initdb', 'postgres', 'psql']);

/** Starts a real PostgreSQL server on a free port of the loopback address. */
export async function startPostgres(): Promise<DatabaseServer> {
	const port = await freePort();
	const { directory, user } = createServerDirectory('postgres');
	const data = path.join(directory, 'data');
	const initialize = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync'];
	execFileSync(findProgram('initdb'), initialize, { ...user, cwd: directory, stdio: 'ignore' });
	const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
	const stop = await startServer({
		name: 'PostgreSQL',
		program: findProgram('postgres'),
		args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
		directory,
		user,
		endSignal: 'SIGQUIT',
		probe: () => void query(port, 'SELECT 1'),
	});
	return { port, stop };
}

/** The databases of the PostgreSQL server on that port. */
export const postgresDatabases = (port: number): Databases => ({
	has: (name) => query(port, `SELECT 1 FROM pg_database WHERE datname = '${name}'`) !== '',
	create: (name) => void query(port, `CREATE DATABASE ${name}`),
	copy: (source, name) => void query(port, `CREATE DATABASE ${name} TEMPLATE ${source}`),
	rename: (source, name) => void query(port, `ALTER DATABASE ${source} RENAME TO ${name}`),
	environment: (name) => ({
		DB_CLIENT: 'pg',
		DB_CONNECTION_STRING: `postgres://${USER}@127.0.0.1:${port}/${name}`,
	}),
});

function query(port: number, statement: string): string {
	const args = ['-h', '127.0.0.1', '-p', String(port), '-U', USER, '-d', 'postgres', '-tAqX', '-c', statement];
	return execFileSync(findProgram('psql'), args, { stdio: ['ignore', 'pipe', 'pipe'] })
		.toString()
		.trim();
}

function findProgram(name: string): string {
	if (PROGRAMS === null) throw new Error('PostgreSQL is not installed');
	return path.join(PROGRAMS, name);
}
