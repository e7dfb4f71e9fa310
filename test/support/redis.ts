import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Redis } from 'ioredis';

import { freePort } from './port.ts';

/** Calls by command name in lower case, as `{ evalsha: 1 }` or `{ 'config|get': 2 }`. */
export type CommandCalls = Record<string, number>;

/** The program to test against, as `valkey-server`. */
const SERVER = process.env['AI_CACHE_TEST_REDIS_SERVER'] ?? 'redis-server';

/** A real redis-server of the test's own, without persistence unless asked for. */
export interface TestRedis {
	readonly port: number;
	readonly url: string;
	/** A connection for looking at the server from outside; its own commands count in `commandCalls` too. */
	readonly client: Redis;
	/** What the server was asked since `resetCommandCalls()`, without the harness's own INFO and CONFIG. */
	commandCalls(): Promise<CommandCalls>;
	resetCommandCalls(): Promise<void>;
	/** Stops taking commands without closing connections (SIGSTOP), as a server that hangs. */
	freeze(): void;
	thaw(): void;
	/** SIGKILL: everything is lost, connections break. */
	kill(): Promise<void>;
	/** Starts again on the same port, empty. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

export interface TestRedisOptions {
	/** More configuration, as `['--maxmemory', '10mb']`. */
	args?: string[];
}

/** Starts a redis-server on a free port of the loopback address and waits until it answers. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
	const directory = await mkdtemp(path.join(tmpdir(), 'ai-cache-redis-'));
	const port = await freePort();
	const client = new Redis({
		port,
		host: '127.0.0.1',
		lazyConnect: true,
		maxRetriesPerRequest: null,
		retryStrategy: () => 50,
	});
	// A killed server is part of the tests: the client's connection errors say nothing new.
	client.on('error', () => undefined);
	let server = launch(port, directory, options.args ?? []);
	await untilReady(client, server);

	return {
		port,
		url: `redis://127.0.0.1:${port}`,
		client,
		commandCalls: async () => parseCommandStats(await client.info('commandstats')),
		resetCommandCalls: async () => {
			await client.config('RESETSTAT');
		},
		freeze: () => void server.kill('SIGSTOP'),
		thaw: () => void server.kill('SIGCONT'),
		kill: () => end(server),
		restart: async () => {
			await end(server);
			server = launch(port, directory, options.args ?? []);
			await untilReady(client, server);
		},
		stop: async () => {
			client.disconnect();
			await end(server);
			await rm(directory, { recursive: true, force: true });
		},
	};
}

function launch(port: number, directory: string, args: string[]): ChildProcess {
	const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
	const server = spawn(SERVER, [...fixed, ...args], { stdio: 'ignore' });
	server.once('error', (error) => {
		throw new Error(`redis-server could not be started: ${error.message}`);
	});
	// A test run that is ended from outside must not leave servers behind.
	const endWithUs = () => server.kill('SIGKILL');
	process.once('exit', endWithUs);
	server.once('exit', () => process.removeListener('exit', endWithUs));
	return server;
}

async function untilReady(client: Redis, server: ChildProcess): Promise<void> {
	if (client.status === 'wait') await client.connect().catch(() => undefined);
	const ended = once(server, 'exit').then(() => {
		throw new Error('redis-server ended before it was ready');
	});
	await Promise.race([client.ping(), ended]);
	ended.catch(() => undefined);
}

async function end(server: ChildProcess): Promise<void> {
	if (server.exitCode !== null || server.signalCode !== null) return;
	const exited = once(server, 'exit');
	server.kill('SIGKILL');
	await exited;
}

const OWN_COMMANDS = new Set(['info', 'config|resetstat']);

/** Reads `cmdstat_get:calls=3,…` lines, https://redis.io/docs/latest/commands/info/ */
export function parseCommandStats(info: string): CommandCalls {
	const calls: CommandCalls = {};
	for (const match of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
		const name = match[1] ?? '';
		if (!OWN_COMMANDS.has(name)) calls[name] = Number(match[2]);
	}
	return calls;
}
