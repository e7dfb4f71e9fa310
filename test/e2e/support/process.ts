import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';

import { freePort } from '../../support/port.ts';
import { type Api, apiOf } from './api.ts';
import { commandLineOf, type Major } from './paths.ts';

export const ADMIN = { email: 'admin@example.com', password: 'admin-password', token: 'admin-token' } as const;

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 10_000;

export interface ProcessOptions {
	major: Major;
	/** The run directory: working directory of the process, with its `package.json` and `extensions`. */
	directory: string;
	name: string;
	env: Record<string, string>;
}

/** One running Directus process. */
export interface DirectusProcess extends Api {
	readonly name: string;
	readonly url: string;
	readonly port: number;
	readonly logFile: string;
	pid(): number | undefined;
	running(): boolean;
	/** All that it logged since the run directory was made, restarts included. */
	logs(): string;
	/** Asks it to end (SIGTERM) and waits; SIGKILL after 10 s. */
	stop(): Promise<void>;
	/** SIGKILL, as when the machine goes away. */
	kill(): Promise<void>;
	/** Starts again on the same port and database, with more or other environment where given. */
	restart(env?: Record<string, string>): Promise<void>;
}

/** The environment of a process: quiet, offline, without limits that depend on how busy the machine is. */
export function baseEnvironment(directory: string, env: Record<string, string>): Record<string, string> {
	return {
		...(env['DB_CLIENT'] === undefined && { DB_CLIENT: 'sqlite3', DB_FILENAME: path.join(directory, 'data.db') }),
		PATH: process.env['PATH'] ?? '',
		HOME: directory,
		NODE_ENV: 'production',
		NODE_NO_WARNINGS: '1',
		KEY: '1c2a8b34-0f5e-4d59-9a83-6f1f6c1b1f10',
		SECRET: 'a-secret-of-the-test-harness-only-0123456789',
		ADMIN_EMAIL: ADMIN.email,
		ADMIN_PASSWORD: ADMIN.password,
		ADMIN_TOKEN: ADMIN.token,
		HOST: '127.0.0.1',
		TELEMETRY: 'false',
		LOG_LEVEL: 'info',
		LOG_STYLE: 'raw',
		CACHE_ENABLED: 'false',
		RATE_LIMITER_ENABLED: 'false',
		PRESSURE_LIMITER_ENABLED: 'false',
		WEBSOCKETS_ENABLED: 'false',
		EXTENSIONS_PATH: './extensions',
		STORAGE_LOCATIONS: 'local',
		STORAGE_LOCAL_ROOT: './uploads',
		SERVER_SHUTDOWN_TIMEOUT: '500',
		...env,
	};
}

/** Starts Directus on a free port (or `env.PORT`) and returns when `/server/ping` answers. Throws with its last log lines. */
export async function startProcess(options: ProcessOptions): Promise<DirectusProcess> {
	const port = Number(options.env['PORT'] ?? (await freePort()));
	const url = `http://127.0.0.1:${port}`;
	const logFile = path.join(options.directory, `${options.name}.log`);
	let env = baseEnvironment(options.directory, { PUBLIC_URL: url, PORT: String(port), ...options.env });
	let child = launch(options, env, logFile);
	const logs = () => readFileSync(logFile, 'utf8');
	await untilReady(url, child, logs);

	return {
		...apiOf(url, ADMIN.token),
		name: options.name,
		url,
		port,
		logFile,
		pid: () => child.pid,
		running: () => isRunning(child),
		logs,
		stop: () => end(child, 'SIGTERM'),
		kill: () => end(child, 'SIGKILL'),
		restart: async (more = {}) => {
			await end(child, 'SIGTERM');
			env = { ...env, ...more };
			child = launch(options, env, logFile);
			await untilReady(url, child, logs);
		},
	};
}

/** Runs a Directus command (`bootstrap`, or one of an extension's own) to its end. */
export async function runCommand(
	options: ProcessOptions,
	args: string[],
): Promise<{ code: number | null; output: string }> {
	const child = spawn(process.execPath, [commandLineOf(options.major), ...args], {
		cwd: options.directory,
		env: baseEnvironment(options.directory, options.env),
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
	return { code, output };
}

function launch(options: ProcessOptions, env: Record<string, string>, logFile: string): ChildProcess {
	const log = openSync(logFile, 'a');
	writeSync(log, `--- ${options.name} starts\n`);
	const child = spawn(process.execPath, [commandLineOf(options.major), 'start'], {
		cwd: options.directory,
		env,
		stdio: ['ignore', log, log],
	});
	closeSync(log);
	return child;
}

function isRunning(child: ChildProcess): boolean {
	return child.exitCode === null && child.signalCode === null;
}

async function untilReady(url: string, child: ChildProcess, logs: () => string): Promise<void> {
	const deadline = Date.now() + START_TIMEOUT_MS;
	for (;;) {
		if (!isRunning(child)) throw new Error(`Directus ended before it was ready:\n${lastLines(logs(), 40)}`);
		if (await answersPing(url)) return;
		if (Date.now() > deadline) {
			await end(child, 'SIGKILL');
			throw new Error(`Directus was not ready within ${START_TIMEOUT_MS} ms:\n${lastLines(logs(), 40)}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

async function answersPing(url: string): Promise<boolean> {
	try {
		const response = await fetch(`${url}/server/ping`, { signal: AbortSignal.timeout(5000) });
		return response.ok;
	} catch {
		return false;
	}
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
	if (!isRunning(child)) return;
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	child.kill(signal);
	const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
	await ended;
	clearTimeout(force);
}

export function lastLines(text: string, count: number): string {
	return text.trimEnd().split('\n').slice(-count).join('\n');
}
