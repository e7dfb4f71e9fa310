import { connect as connectTcp, type NetConnectOpts, Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type * as Ioredis from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { ioredis } from './ioredis.cjs';

type Library = typeof Ioredis;
type Connector = NonNullable<RedisOptions['Connector']>;
type ReportError = (type: string, error: Error) => void;

let library: Library | undefined;

/**
 * Returns the client's library, in which every connection is made by our connectors: those of a cluster's nodes and
 * subscriber and the short-lived ones to Sentinels too, which take no connector from the options.
 */
export function redisLibrary(): Library {
	if (library === undefined) {
		library = ioredis();
		const { defaultOptions } = library.Redis as unknown as { defaultOptions: RedisOptions };
		defaultOptions.Connector = createConnector(library);
	}
	return library;
}

/** Removes the brackets of an IPv6 address, which belong to URLs and `host:port` alone. */
export const withoutBrackets = (host: string): string => /^\[(.+)\]$/.exec(host)?.[1] ?? host;

/**
 * The library listens to one `error` of a socket only. A TLS socket can report two (a refused certificate, then a late
 * alert), and the second would end the process. Sockets made here have a listener that stays.
 */
function createConnector({ AbstractConnector, SentinelConnector }: Library): Connector {
	class SocketConnector extends AbstractConnector {
		readonly #options: RedisOptions;

		constructor(options: RedisOptions) {
			super(options.disconnectTimeout ?? 0);
			this.#options = options;
		}

		async connect(): Promise<Socket> {
			this.connecting = true;
			// The library expects that a caller can disconnect before the socket exists.
			await new Promise((resolve) => process.nextTick(resolve));
			if (this.#isDisconnected()) throw new Error('Connection is closed.');
			const socket = openSocket(this.#options);
			socket.on('error', (error) => (this.firstError ??= error));
			this.stream = socket;
			// Who tries once only is told why: the library's own word is that the connection is closed.
			if (!this.#options.retryStrategy) await untilConnected(socket, this.#options);
			return socket;
		}

		#isDisconnected(): boolean {
			return !this.connecting;
		}
	}

	class MasterConnector extends SentinelConnector {
		override async connect(
			report: ReportError,
		): Promise<Awaited<ReturnType<InstanceType<typeof SentinelConnector>['connect']>>> {
			const socket = await super.connect((type, error) => {
				if (!this.#useDataPassword(error)) report(type, error);
			});
			socket.on('error', () => {});
			return socket;
		}

		/** Sentinels without a password of their own may want the data's, which is only sent if they ask for one. */
		#useDataPassword({ message }: Error): boolean {
			const { options } = this as unknown as { options: RedisOptions };
			if (!/\bNOAUTH\b/.test(message) || options.sentinelPassword || !options.password) return false;
			options.sentinelPassword = options.password;
			return true;
		}
	}

	// Called with `new`: the object that it returns takes the new one's place.
	return function createFor(options: RedisOptions) {
		return options.sentinels ? new MasterConnector(options) : new SocketConnector(options);
	} as unknown as Connector;
}

/** Returns a socket in any case: the library never tries again after a connector that threw. */
function openSocket({ path, host, port, family, tls }: RedisOptions): Socket {
	const place = path ? { path } : { host: withoutBrackets(host ?? '127.0.0.1'), port: port ?? 6379, family };
	try {
		// The URL `rediss://` alone makes the library say `true`.
		return tls
			? connectTls({ ...place, ...(typeof tls === 'object' && tls) } as ConnectionOptions)
			: connectTcp(place as NetConnectOpts);
	} catch (error) {
		return new Socket().destroy(error instanceof Error ? error : new Error(String(error)));
	}
}

function untilConnected(socket: Socket, { tls, connectTimeout = 10_000 }: RedisOptions): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			socket.destroy(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }));
		}, connectTimeout);
		socket.once(tls ? 'secureConnect' : 'connect', () => {
			clearTimeout(timer);
			resolve();
		});
		socket.once('error', reject);
		socket.once('close', () => {
			clearTimeout(timer);
			reject(new Error('Connection is closed.'));
		});
	});
}
