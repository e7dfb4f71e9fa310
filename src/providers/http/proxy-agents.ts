import type { Dispatcher, Pool } from 'undici';
import { undici } from './undici.cjs';
import { UpstreamUnreachable } from './errors.ts';

/** Proxy addresses by the target's scheme, empty if there is none. `noProxy` lists hosts that are reached directly. */
export interface Proxies {
	http: string;
	https: string;
	noProxy: string;
}

/** Pools of persistent connections to providers. */
export interface Agents {
	http: Dispatcher;
	https: Dispatcher;
	/** Number of connections opened so far. */
	connections(): number;
}

type Connect = ReturnType<ReturnType<typeof undici>['buildConnector']>;

const KEEP_ALIVE_MS = 30_000;

export function createAgents({ http, https, noProxy }: Proxies, connectTimeoutMs: number): Agents {
	const { buildConnector, EnvHttpProxyAgent, Pool } = undici();
	let connections = 0;
	const counting =
		(connect: Connect): Connect =>
		(options, callback) => {
			connections++;
			connect(options, callback);
		};
	const createAgent = (address: string) => {
		const { uri, token } = splitCredentials(address);
		return new EnvHttpProxyAgent({
			httpProxy: uri,
			httpsProxy: uri,
			noProxy,
			...(token !== null && { token }),
			keepAliveTimeout: KEEP_ALIVE_MS,
			connect: counting(buildConnector({ timeout: connectTimeoutMs })),
			// The type lacks the options that EnvHttpProxyAgent passes to its ProxyAgent.
			...{
				clientFactory: (proxy: URL, { connect }: { connect: Connect }) =>
					namingProxy(new Pool(proxy, { connect: counting(connect), headersTimeout: connectTimeoutMs })),
				requestTls: { timeout: connectTimeoutMs },
			},
		});
	};
	return { http: createAgent(http), https: createAgent(https), connections: () => connections };
}

/** Splits a proxy address into the URL without credentials and the header value that carries them. */
function splitCredentials(address: string): { uri: string; token: string | null } {
	if (address === '') return { uri: '', token: null };
	const url = new URL(address);
	const { username, password } = url;
	url.username = url.password = '';
	if (username === '' && password === '') return { uri: url.href, token: null };
	const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return { uri: url.href, token: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Attributes every failure before the tunnel is open to the proxy instead of the provider. */
function namingProxy(pool: Pool): Pool {
	const connect: unknown = pool.connect.bind(pool);
	const openTunnel = connect as (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;
	return Object.assign(pool, {
		connect: async (options: Dispatcher.ConnectOptions) => {
			const tunnel = await openTunnel(options).catch((cause: unknown) => {
				throw UpstreamUnreachable.because(cause, 'proxy');
			});
			if (tunnel.statusCode === 200) return tunnel;
			tunnel.socket.on('error', () => undefined).destroy();
			throw UpstreamUnreachable.byProxy(tunnel.statusCode);
		},
	});
}

/** Lists the proxy passwords, plain and encoded, so that no response header can return them. */
export function listProxySecrets({ http, https }: Proxies): string[] {
	return [http, https].flatMap((address) => {
		const { token } = splitCredentials(address);
		if (token === null) return [];
		const password = new URL(address).password;
		return [password, decodeURIComponent(password), token.slice('Basic '.length)];
	});
}
