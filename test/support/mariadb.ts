import { execFileSync } from 'node:child_process';
import path from 'node:path';

import type { Databases, DatabaseServer } from './database-server.ts';
import { freePort } from './port.ts';
import { createServerDirectory, findProgramFolder, startServer } from './server-process.ts';

const USER = 'directus';
const PASSWORD = 'directus-password';

/** Starts a real MariaDB server on a free port of the loopback address. */
export async function startMariadb(): Promise<DatabaseServer> {
	const port = await freePort();
	const { directory, user } = createServerDirectory('mysql');
	const [data, socket] = [path.join(directory, 'data'), path.join(directory, 'server.sock')];
	const initialize = [`--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
	execFileSync(findProgram('mariadb-install-db'), ['--no-defaults', ...initialize], {
		...user,
		cwd: directory,
		stdio: 'ignore',
	});
	const account = `'${USER}'@'127.0.0.1'`;
	const grant = `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON *.* TO ${account}`;
	const asRoot = ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', grant];
	const network = [`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', `--socket=${socket}`];
	const stop = await startServer({
		name: 'MariaDB',
		program: findProgram('mariadbd'),
		args: ['--no-defaults', `--datadir=${data}`, ...network, '--innodb-flush-log-at-trx-commit=0'],
		directory,
		user,
		endSignal: 'SIGKILL',
		probe: () => void execFileSync(findProgram('mariadb'), asRoot, { stdio: 'ignore' }),
	});
	return { port, stop };
}

/** The databases of the MariaDB server on that port. */
export const mariadbDatabases = (port: number): Databases => {
	const create = (name: string): void => void query(port, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
	const copy = (source: string, name: string): void => {
		create(name);
		run(port, 'mariadb', [name], run(port, 'mariadb-dump', ['--skip-comments', source]));
	};
	return {
		has: (name) => query(port, `SHOW DATABASES LIKE '${name}'`) !== '',
		create,
		copy,
		rename: (source, name) => {
			copy(source, name);
			query(port, `DROP DATABASE ${source}`);
		},
		environment: (name) => ({
			DB_CLIENT: 'mysql',
			DB_HOST: '127.0.0.1',
			DB_PORT: String(port),
			DB_USER: USER,
			DB_PASSWORD: PASSWORD,
			DB_DATABASE: name,
		}),
	};
};

const query = (port: number, statement: string): string =>
	run(port, 'mariadb', ['-N', '-B', '-e', statement]).toString().trim();

function run(port: number, program: string, args: string[], input?: Buffer): Buffer {
	const connection = ['--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', USER, `-p${PASSWORD}`];
	return execFileSync(findProgram(program), [...connection, ...args], {
		...(input && { input }),
		stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
		maxBuffer: 2 ** 28,
	});
}

function findProgram(name: string): string {
	const folder = findProgramFolder([name]);
	if (folder === null) throw new Error(`MariaDB is not installed: ${name} is missing`);
	return path.join(folder, name);
}
