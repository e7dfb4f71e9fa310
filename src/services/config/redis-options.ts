import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Address, RedisConnectionOptions, TlsOptions } from '../../shared/redis-connection.ts';
import {
	addresses,
	flag,
	milliseconds,
	port,
	type Read,
	rejoined,
	SettingMistake,
	text,
	wholeNumber,
} from './parsers.ts';

const untrimmed: Read<string> = (given) => String(rejoined(given));

const family: Read<number> = (given) => {
	const value = wholeNumber(given);
	if (![0, 4, 6].includes(value)) throw new SettingMistake('must be 4, 6 or 0');
	return value;
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function fromJson(given: unknown): unknown {
	try {
		return typeof given === 'string' ? (JSON.parse(given) as unknown) : given;
	} catch {
		return given;
	}
}

const toAddress = (given: unknown): Address => {
	if (!isObject(given)) return addresses(given)[0]!;
	return { host: text(given['host'] ?? ''), port: port(given['port'] ?? 26_379) };
};

/** `host:port, …`, or JSON or nested variables as the client library takes them. */
const sentinels: Read<Address[]> = (given) => {
	const list = Array.isArray(given) && given.every(isObject) ? given : fromJson(rejoined(given));
	if (isObject(list)) return Object.values(list).map(toAddress);
	return Array.isArray(list) ? list.map(toAddress) : addresses(list);
};

const natMap: Read<Record<string, Address>> = (given) => {
	const map = fromJson(rejoined(given));
	if (!isObject(map)) throw new SettingMistake('must be JSON such as {"10.0.0.1:6379":{"host":"redis","port":6379}}');
	return Object.fromEntries(Object.entries(map).map(([from, to]) => [from, toAddress(to)]));
};

/** What can be set of a connection, by the client library's names. */
export const REDIS_OPTIONS: Readonly<Record<string, { to: keyof RedisConnectionOptions; read: Read<unknown> }>> = {
	host: { to: 'host', read: text },
	port: { to: 'port', read: port },
	path: { to: 'path', read: text },
	family: { to: 'family', read: family },
	username: { to: 'username', read: untrimmed },
	password: { to: 'password', read: untrimmed },
	db: { to: 'db', read: wholeNumber },
	sentinels: { to: 'sentinels', read: sentinels },
	name: { to: 'sentinelName', read: text },
	sentinelUsername: { to: 'sentinelUsername', read: untrimmed },
	sentinelPassword: { to: 'sentinelPassword', read: untrimmed },
	natMap: { to: 'natMap', read: natMap },
	keyPrefix: { to: 'keyPrefix', read: untrimmed },
	keepAlive: { to: 'keepAlive', read: milliseconds },
	noDelay: { to: 'noDelay', read: flag },
	connectionName: { to: 'connectionName', read: text },
	connectTimeout: { to: 'connectTimeoutMs', read: milliseconds },
	socketTimeout: { to: 'silenceMs', read: milliseconds },
	tls: { to: 'tls', read: readTls },
	sentinelTls: { to: 'sentinelTls', read: readTls },
};

/** Each of a list begins a line: OpenSSL skips what does not. */
const pem: Read<string> = (given) =>
	untrimmed(given)
		.replaceAll('\\n', '\n')
		.replaceAll(/,\s*(?=-----BEGIN)/g, '\n');
const certificates: Read<string> = (given) => {
	const value = pem(given);
	try {
		new X509Certificate(value);
	} catch {
		throw new SettingMistake('must be a certificate in PEM notation');
	}
	return value;
};

/** What can be set of TLS, by Node's names. */
export const TLS_OPTIONS: Readonly<Record<string, Read<unknown>>> = {
	ca: certificates,
	cert: pem,
	key: pem,
	crl: pem,
	passphrase: untrimmed,
	servername: text,
	rejectUnauthorized: flag,
	honorCipherOrder: flag,
	minVersion: text,
	maxVersion: text,
	ciphers: untrimmed,
	sigalgs: text,
	ecdhCurve: text,
	secureProtocol: text,
	profile: text,
};

/** A flag, a profile or JSON, and its parts beside it; what was set as a whole has the empty name. */
export function readTls(given: unknown): boolean | TlsOptions {
	const whole = isObject(given) && '' in given ? given[''] : undefined;
	const base = isObject(given) && whole === undefined ? given : fromJson(whole ?? given);
	const parts = isObject(given) && whole !== undefined ? given : {};
	if (!isObject(base)) {
		if (typeof base === 'string' && base.startsWith('RedisCloud')) return readTlsParts({ ...parts, profile: base });
		if (!flag(base)) return false;
	}
	return readTlsParts({ ...(isObject(base) && base), ...parts });
}

function readTlsParts(parts: Record<string, unknown>): boolean | TlsOptions {
	const options: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(parts)) {
		const read = TLS_OPTIONS[name];
		if (name === '') continue;
		try {
			if (read === undefined) throw new SettingMistake('is not supported');
			options[name] = read(value);
		} catch (error) {
			if (!(error instanceof SettingMistake)) throw error;
			throw new SettingMistake(error.problems.map(({ message }) => ({ path: [name], message })));
		}
	}
	if (Object.keys(options).length === 0) return true;
	try {
		createSecureContext(options);
	} catch (error) {
		const code = (error as { code?: string }).code ?? 'unusable';
		throw new SettingMistake(`is not usable for TLS (${code})`);
	}
	return options;
}
