import type { Cluster, Command as CommandClass, Redis, RedisOptions } from 'ioredis';
import { ioredis } from './ioredis.cjs';

export type Client = Redis | Cluster;

export const isCluster = (client: Client): client is Cluster => client.isCluster;

export type Command = [name: string, ...parameters: (string | number | Buffer)[]];

export interface RedisConnectionOptions {
	/** `redis://`, `rediss://` or a socket path. */
	url?: string;
	/** Directus' own notation of the same, where no address is set. */
	host?: string;
	port?: number;
	username?: string;
	password?: string;
	db?: number;
	/** For a cluster or Sentinels, and what they name; an address says it by `rediss://`. */
	tls?: boolean;
	cluster?: { host: string; port: number }[];
	sentinels?: { host: string; port: number }[];
	sentinelName?: string;
	/** Milliseconds to connect. */
	connectTimeoutMs: number;
	/** Milliseconds without a word on a connection that awaits one, after which it is made anew; 5 seconds by default. */
	silenceMs?: number;
}

export type RedisMode = 'standalone' | 'cluster' | 'sentinel';

export const silenceMsOf = ({ silenceMs = SILENCE_MS }: RedisConnectionOptions): number => silenceMs;

export const modeOf = (options: RedisConnectionOptions): RedisMode =>
	options.cluster ? 'cluster' : options.sentinels ? 'sentinel' : 'standalone';

const SILENCE_MS = 5000;
const MAX_RETRY_DELAY_MS = 1000;
const retryDelay = (times: number): number => Math.min(25 * 2 ** Math.min(times, 6), MAX_RETRY_DELAY_MS);

/** A lazy client that fails at once while disconnected (no queue that outlives a request) and reconnects for ever. */
export function createClient(options: RedisConnectionOptions, role: 'commands' | 'bus'): Client {
	const common = {
		lazyConnect: true,
		enableOfflineQueue: false,
		enableAutoPipelining: role === 'commands',
		// The bus does that itself: nobody catches the client's own attempt when the connection breaks meanwhile.
		autoResubscribe: false,
		autoResendUnfulfilledCommands: false,
		maxRetriesPerRequest: 0,
		connectTimeout: options.connectTimeoutMs,
		// Only while a command awaits its reply; the bus, which none is sent over, knows by itself that it hears nothing.
		socketTimeout: silenceMsOf(options),
		retryStrategy: retryDelay,
		keepAlive: 10_000,
		connectionName: `ai-cache-${role}`,
		protocol: 2 as const,
		...(options.username !== undefined && { username: options.username }),
		...(options.password !== undefined && { password: options.password }),
		...(options.db !== undefined && { db: options.db }),
		...(options.tls && { tls: {} }),
	} satisfies RedisOptions;
	const { Cluster, Redis } = ioredis();
	if (options.cluster) {
		return new Cluster(options.cluster, {
			lazyConnect: true,
			enableOfflineQueue: false,
			enableAutoPipelining: role === 'commands',
			clusterRetryStrategy: retryDelay,
			redisOptions: common,
		});
	}
	if (options.sentinels) {
		return new Redis({
			...common,
			sentinels: options.sentinels,
			name: options.sentinelName ?? 'mymaster',
			...(options.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
		});
	}
	if (options.url !== undefined) return new Redis(options.url, common);
	return new Redis({ ...common, host: options.host ?? '127.0.0.1', port: options.port ?? 6379 });
}

/**
 * Calls back with every connection, the first included. The client of a cluster tells of its nodes as they come, before
 * it asks them anything, and as they go; that a replica has taken the place of a master which is still there shows in who
 * the masters are.
 */
export function onConnection(client: Client, listener: () => void): void {
	client.on('ready', listener);
	if (!isCluster(client)) return;
	for (const event of ['+node', '-node']) client.on(event, listener);
	let known = '';
	client.on('refresh', () => {
		const nodes = client.nodes('master').map(({ options: { host, port } }) => `${host}:${port}`);
		const masters = nodes.sort().join(' ');
		if (masters !== known) listener();
		known = masters;
	});
}

/**
 * The values of keys of a cluster, those of one node asked for together. Where several have moved elsewhere, the client
 * tells so by an error and learns nothing from it.
 */
export async function readKeys(client: Cluster, names: readonly string[]): Promise<(Buffer | null)[]> {
	try {
		return await Promise.all(names.map((name) => client.getBuffer(name)));
	} catch (error) {
		if (error instanceof Error && error.message.startsWith('MOVED')) client.refreshSlotsCache();
		throw error;
	}
}

/**
 * Those that hold the keys: of a cluster all its masters by its own word, as the client forgets a node whose connection
 * broke until it is told of it again. Rejects where no node tells.
 */
export async function holdersOf(client: Client): Promise<Redis[]> {
	if (!isCluster(client)) return [client];
	await new Promise<void>((resolve, reject) => {
		client.refreshSlotsCache((error) => (error ? reject(error) : resolve()));
	});
	return client.nodes('master');
}

/**
 * Sends all commands at once and answers their replies in order, as buffers; a single Redis carries them out in their
 * order. An error reply throws.
 */
export async function run(client: Client, commands: readonly Command[]): Promise<unknown[]> {
	if (commands.length === 0) return [];
	if (isCluster(client)) {
		return Promise.all(commands.map((command) => send(client, command)));
	}
	// No pipeline of their own: what several callers send in one turn goes out in one write, in the order of the calls.
	const methods = client as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>;
	const replies = commands.map(([name, ...parameters]) => methods[`${name.toLowerCase()}Buffer`]!(...parameters));
	return (await Promise.all(replies)).map(asSent);
}

/** The client makes an object of a hash. */
const asSent = (reply: unknown): unknown =>
	typeof reply !== 'object' || reply === null || Array.isArray(reply) || Buffer.isBuffer(reply)
		? reply
		: Object.entries(reply).flat();

/** A single command, sent at once: a pipeline of one takes twice as long. Answers as `run` does. */
export async function runOne(client: Client, command: Command): Promise<unknown> {
	return asSent(await send(client, command));
}

let RedisCommand: typeof CommandClass | undefined;

/** Past the client's own gathering of commands. Answers buffers. */
export async function send(client: Client, [name, ...parameters]: Command): Promise<unknown> {
	// Looking the library up takes as long as a tenth of a read.
	RedisCommand ??= ioredis().Command;
	return client.sendCommand(new RedisCommand(name, parameters));
}

/** Sends groups of commands of which each must not begin before the one before it was carried out. */
export async function runInOrder(client: Client, groups: readonly (readonly Command[])[]): Promise<unknown[]> {
	if (!isCluster(client)) return run(client, groups.flat());
	const replies: unknown[] = [];
	for (const group of groups) replies.push(...(await run(client, group)));
	return replies;
}

export const text = (reply: unknown): string => {
	if (Buffer.isBuffer(reply)) return reply.toString();
	return typeof reply === 'string' || typeof reply === 'number' ? String(reply) : '';
};
export const texts = (reply: unknown): string[] => (Array.isArray(reply) ? reply.map(text) : []);
export const number = (reply: unknown): number => (reply === null || reply === undefined ? 0 : Number(text(reply)));
export const buffer = (reply: unknown): Buffer | null => (Buffer.isBuffer(reply) ? reply : null);

export function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[]> {
	for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
