import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from './port.ts';

/** A real PostgreSQL server of the test's own, with one empty database. */
export interface TestPostgres {
	/** What Directus takes as `DB_CONNECTION_STRING`. */
	readonly url: string;
	stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** Folder of the server's programs; Debian keeps them out of the PATH. */
const PROGRAMS = findPrograms();

/** Whether the server is installed here. */
export const hasPostgres = PROGRAMS !== null;

/** Starts a server on a free port of the loopback address and waits until it takes connections. */
export async function startPostgres(): Promise<TestPostgres> {
	if (PROGRAMS === null) throw new Error('PostgreSQL is not installed');
	const folder = PROGRAMS;
	const directory = mkdtempSync(path.join(tmpdir(), 'ai-cache-postgres-'));
	const owner = ownerOf(directory);
	const data = path.join(directory, 'data');
	const initialise = ['-D', data, '-U', 'directus', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
	execFileSync(path.join(folder, 'initdb'), initialise, { ...owner, cwd: directory, stdio: 'ignore' });
	const port = await freePort();
	const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
	const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
	const server = spawn(path.join(folder, 'postgres'), args, { ...owner, cwd: directory, stdio: 'ignore' });
	const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
	const stop = async (): Promise<void> => {
		// At once, whoever is connected.
		server.kill('SIGQUIT');
		await ended;
		await rm(directory, { recursive: true, force: true });
	};
	const isReady = (): boolean => {
		try {
			execFileSync(path.join(folder, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
			return true;
		} catch {
			return false;
		}
	};
	const deadline = Date.now() + START_TIMEOUT_MS;
	while (!isReady()) {
		if (server.exitCode !== null || Date.now() > deadline) {
			await stop();
			throw new Error('PostgreSQL did not start');
		}
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return { url: `postgres://directus@127.0.0.1:${port}/postgres`, stop };
}

/** The server refuses to run as root: its package has made a user for it. */
function ownerOf(directory: string): { uid?: number; gid?: number } {
	if (process.getuid?.() !== 0) return {};
	const idOf = (option: string): number => Number(execFileSync('id', [option, 'postgres']).toString());
	const owner = { uid: idOf('-u'), gid: idOf('-g') };
	chownSync(directory, owner.uid, owner.gid);
	return owner;
}

function findPrograms(): string | null {
	const debian = '/usr/lib/postgresql';
	const versions = existsSync(debian) ? readdirSync(debian).map((name) => path.join(debian, name, 'bin')) : [];
	const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...versions];
	const isComplete = (folder: string): boolean =>
		['initdb', 'postgres', 'pg_isready'].every((name) => existsSync(path.join(folder, name)));
	return folders.find(isComplete) ?? null;
}
