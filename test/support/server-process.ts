import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
const PROBE_INTERVAL_MS = 100;
const DEBIAN_POSTGRES = '/usr/lib/postgresql';

export interface ServerUser {
	uid?: number;
	gid?: number;
}

/** A new directory that the server's user owns. Database servers refuse to run as root; their packages create a user. */
export function createServerDirectory(name: string): { directory: string; user: ServerUser } {
	const directory = mkdtempSync(path.join(tmpdir(), `ai-cache-${name}-`));
	if (process.getuid?.() !== 0) return { directory, user: {} };
	const readId = (option: string): number => Number(execFileSync('id', [option, name]).toString());
	const user = { uid: readId('-u'), gid: readId('-g') };
	chownSync(directory, user.uid, user.gid);
	return { directory, user };
}

/** The first folder that has all these programs, or null. Debian keeps PostgreSQL's server out of the PATH. */
export function findProgramFolder(programs: readonly string[]): string | null {
	const versions = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES) : [];
	const folders = [
		...(process.env['PATH'] ?? '').split(path.delimiter),
		'/usr/sbin',
		...versions.map((version) => path.join(DEBIAN_POSTGRES, version, 'bin')),
	];
	return folders.find((folder) => programs.every((name) => existsSync(path.join(folder, name)))) ?? null;
}

export interface ServerCommand {
	name: string;
	program: string;
	args: string[];
	directory: string;
	user: ServerUser;
	/** How the server ends at once, whoever is connected. */
	endSignal: NodeJS.Signals;
	/** Throws while the server takes no connections. */
	probe: () => void;
}

/** Starts the server and waits until it takes connections. Returns what ends it and removes its directory. */
export async function startServer(command: ServerCommand): Promise<() => Promise<void>> {
	const { name, program, args, directory, user, endSignal, probe } = command;
	const server = spawn(program, args, { ...user, cwd: directory, stdio: 'ignore' });
	const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()).once('error', () => resolve()));
	const endWithUs = (): void => void server.kill('SIGKILL');
	process.once('exit', endWithUs);
	const stop = async (): Promise<void> => {
		server.kill(endSignal);
		await ended;
		process.removeListener('exit', endWithUs);
		await rm(directory, { recursive: true, force: true });
	};
	if (await isReady(server, probe)) return stop;
	await stop();
	throw new Error(`${name} did not start`);
}

async function isReady(server: ChildProcess, probe: () => void): Promise<boolean> {
	const deadline = Date.now() + START_TIMEOUT_MS;
	while (server.exitCode === null && server.signalCode === null && Date.now() < deadline) {
		try {
			probe();
			return true;
		} catch {
			await wait(PROBE_INTERVAL_MS);
		}
	}
	return false;
}
