import type { Cluster, Command as CommandClass, Redis, RedisOptions } from 'ioredis';
import type { RedisConnectionOptions, RedisMode, TlsOptions } from '../../../shared/redis-connection.ts';
import { redisLibrary } from './connector.ts';
import { isMisdirected, isRefusal } from './refusals.ts';

export type Client = Redis | Cluster;

export const isCluster = (client: Client): client is Cluster => client.isCluster;

export type Command = [name: string, ...parameters: (string | number | Buffer)[]];

const silenceMsOf = ({ silenceMs = SILENCE_MS }: RedisConnectionOptions): number => silenceMs;

export const modeOf = (options: RedisConnectionOptions): RedisMode =>
	options.cluster ? 'cluster' : options.sentinels ? 'sentinel' : 'standalone';

const SILENCE_MS = 5000;
const MAX_RETRY_DELAY_MS = 1000;
/** At most so often is a connection made anew because of what Redis replies. */
const RECONNECT_INTERVAL_MS = 1000;
/** How long a Redis may take to be ready once it is connected to. */
const READY_LIMIT_MS = 3000;
const retryDelay = (times: number): number => Math.min(25 * 2 ** Math.min(times, 6), MAX_RETRY_DELAY_MS);

/**
 * A process's two connections. A reply that only a new connection can change (after a failover, a proxy or a Sentinel
 * leads to another server) makes both anew: nothing is sent over the subscriber's, so it never gets such a reply.
 */
export function createClients(options: RedisConnectionOptions): { commands: Client; subscriber: Client } {
	const subscriber = createClient(options, 'hints');
	const commands = createClient(options, 'commands', () => {
		if (subscriber.status === 'ready') subscriber.disconnect(true);
	});
	return { commands, subscriber };
}

/**
 * A lazy client that fails at once while disconnected (no queue that outlives a request) and reconnects for ever. Emits
 * `error` for whatever keeps it from working, what Redis replies included.
 */
function createClient(
	options: RedisConnectionOptions,
	role: 'commands' | 'hints',
	onMisdirected: () => void = () => {},
): Client {
	const report = (error: unknown): void => {
		if (client.listenerCount('error') > 0) client.emit('error', error);
	};
	let reconnectedAt = -Infinity;
	const reconnectOnError = (error: Error): boolean => {
		if (!isRefusal(error)) return false;
		report(error);
		if (!isMisdirected(error) || performance.now() - reconnectedAt < RECONNECT_INTERVAL_MS) return false;
		reconnectedAt = performance.now();
		onMisdirected();
		return true;
	};
	const client = build(options, commonOptions(options, role, reconnectOnError), role);
	if (isCluster(client)) {
		client.on('node error', report);
		client.on('+node', (node: Redis) => limitReadiness(node, report));
	} else limitReadiness(client, report);
	return client;
}

function commonOptions(
	options: RedisConnectionOptions,
	role: 'commands' | 'hints',
	reconnectOnError: (error: Error) => boolean,
) {
	const { username, password, db, family, keepAlive, noDelay, tls } = options;
	return {
		reconnectOnError,
		lazyConnect: true,
		enableOfflineQueue: false,
		enableAutoPipelining: role === 'commands',
		// `Hints` does that itself: nobody catches the client's own attempt when the connection breaks meanwhile.
		autoResubscribe: false,
		autoResendUnfulfilledCommands: false,
		maxRetriesPerRequest: 0,
		maxLoadingRetryTime: 500,
		connectTimeout: options.connectTimeoutMs,
		// Only while a command awaits its reply.
		socketTimeout: silenceMsOf(options),
		retryStrategy: retryDelay,
		keepAlive: keepAlive ?? 10_000,
		connectionName: `${options.connectionName ?? 'ai-cache'}-${role}`,
		protocol: 2 as const,
		...(noDelay !== undefined && { noDelay }),
		...(family !== undefined && { family }),
		...(username !== undefined && { username }),
		...(password !== undefined && { password }),
		...(db !== undefined && { db }),
		...(tls && { tls: tlsOf(tls) }),
	} satisfies RedisOptions;
}

const tlsOf = (tls: boolean | TlsOptions): TlsOptions => (typeof tls === 'object' ? tls : {});

function build(
	options: RedisConnectionOptions,
	common: ReturnType<typeof commonOptions>,
	role: 'commands' | 'hints',
): Client {
	const { Cluster, Redis } = redisLibrary();
	const { cluster, sentinels, natMap, tls } = options;
	if (cluster) {
		return new Cluster(cluster, {
			lazyConnect: true,
			enableOfflineQueue: false,
			enableAutoPipelining: role === 'commands',
			clusterRetryStrategy: retryDelay,
			slotsRefreshTimeout: options.connectTimeoutMs,
			// A certificate names the host, so it must still be known when the socket is opened.
			dnsLookup: (hostname, callback) => callback(null, hostname),
			redisOptions: common,
			...(natMap && { natMap }),
		});
	}
	if (sentinels) {
		const { sentinelTls = tls, sentinelUsername, sentinelPassword } = options;
		return new Redis({
			...common,
			sentinels,
			name: options.sentinelName ?? 'mymaster',
			...(sentinelUsername !== undefined && { sentinelUsername }),
			...(sentinelPassword !== undefined && { sentinelPassword }),
			...(natMap && { natMap }),
			...(tls && { enableTLSForSentinelMode: true }),
			...(sentinelTls && { sentinelTLS: tlsOf(sentinelTls) }),
		});
	}
	if (options.url !== undefined) return new Redis(options.url, common);
	if (options.path !== undefined) return new Redis({ ...common, path: options.path });
	return new Redis({ ...common, host: options.host ?? '127.0.0.1', port: options.port ?? 6379 });
}

/** Connects anew if Redis is not ready in time, as another server may be by then. */
function limitReadiness(redis: Redis, report: (error: Error) => void): void {
	let timer: NodeJS.Timeout | undefined;
	const stop = (): void => clearTimeout(timer);
	redis.on('connect', () => {
		stop();
		timer = setTimeout(() => {
			report(new Error('LOADING Redis is connected, but not ready: it loads its data or does not answer'));
			redis.disconnect(true);
		}, READY_LIMIT_MS);
		timer.unref();
	});
	for (const event of ['ready', 'close', 'end']) redis.on(event, stop);
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
	RedisCommand ??= redisLibrary().Command;
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
