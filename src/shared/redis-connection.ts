import type { ConnectionOptions } from 'node:tls';

export interface Address {
	host: string;
	port: number;
}

/** TLS as Node takes it, or the name of one of the client library's profiles. */
export type TlsOptions = ConnectionOptions & { profile?: string };

/** Everything that is set of a connection to Redis. */
export interface RedisConnectionOptions {
	/** `redis://`, `rediss://` or a socket path. */
	url?: string;
	/** Directus' own notation of the same, where no address is set. */
	host?: string;
	port?: number;
	path?: string;
	family?: number;
	username?: string;
	password?: string;
	db?: number;
	/** An address says it by `rediss://`. */
	tls?: boolean | TlsOptions;
	cluster?: Address[];
	sentinels?: Address[];
	sentinelName?: string;
	sentinelUsername?: string;
	/** The data's password by default, if the Sentinels ask for one. */
	sentinelPassword?: string;
	/** As the data's by default. */
	sentinelTls?: boolean | TlsOptions;
	/** Where nodes are that Sentinels and clusters name by addresses of their own network. */
	natMap?: Record<string, Address>;
	/** Put in front of the namespace, so that all our keys and channels begin with it. */
	keyPrefix?: string;
	keepAlive?: number;
	noDelay?: boolean;
	connectionName?: string;
	/** Milliseconds to connect. */
	connectTimeoutMs: number;
	/** Milliseconds without a word on a connection that awaits one, after which it is made anew; 5 seconds by default. */
	silenceMs?: number;
}

export type RedisMode = 'standalone' | 'cluster' | 'sentinel';
