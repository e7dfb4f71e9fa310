import type { RedisConnectionOptions } from '../../shared/redis-connection.ts';
import { isObject, readTls, REDIS_OPTIONS, TLS_OPTIONS } from './redis-options.ts';
import { type Read, SettingMistake, text } from './parsers.ts';
import type { SettingValues } from './settings-schema.ts';

type Environment = Readonly<Record<string, unknown>>;
type Options = Partial<RedisConnectionOptions>;

/** How Redis is connected to, and what is wrong with how that is set. */
export interface RedisSettings {
	/** Null if no Redis is set. */
	connection: RedisConnectionOptions | null;
	problems: string[];
	/** Variables that say something about a connection and are not used. */
	unused: string[];
}

export const REDIS_PREFIX = 'AI_CACHE_REDIS_';
const DIRECTUS_PREFIX = 'REDIS_';
const CONNECT_TIMEOUT_MS = 2000;
/** Directus' own use of a Redis, which says nothing about the connection. */
const DIRECTUS_OWN = /^REDIS_(?:ENABLED|\w+_NAMESPACE)$/;
/** Each of them makes Directus use a Redis. */
const DIRECTUS_PLACES = ['host', 'port', 'path', 'sentinels'] as const;

/** Our own settings say by other names where a Redis is. */
const NOT_OUR_OWN = new Set(['host', 'port', 'path', 'sentinels', 'name']);

const camelCase = (name: string): string =>
	name
		.toLowerCase()
		.replace(/^_+|_+$/g, '')
		.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());

interface Variable {
	names: string[];
	value: unknown;
}

/** Variables of a prefix by option, as Directus reads them: camel case, and `__` before what is nested. */
function collectVariables(prefix: string, environment: Environment): Map<string, Variable> {
	const variables = new Map<string, Variable>();
	for (const [name, value] of Object.entries(environment)) {
		if (!name.startsWith(prefix) || value === undefined || value === null || value === '') continue;
		const [option = '', ...path] = name.slice(prefix.length).split('__').map(camelCase);
		const known = variables.get(option);
		variables.set(option, {
			names: [...(known?.names ?? []), name],
			value: path.length === 0 && known === undefined ? value : nest(known?.value, path, value),
		});
	}
	return variables;
}

/** What was set as a whole stands beside its parts, under an empty name. */
function nest(known: unknown, path: readonly string[], value: unknown): unknown {
	const [name = '', ...rest] = path;
	const object: Record<string, unknown> = isObject(known) ? known : known === undefined ? {} : { '': known };
	return { ...object, [name]: rest.length === 0 ? value : nest(object[name], rest, value) };
}

/** Whether a variable of our own says something about the connection that has no setting in the table. */
export function isRedisOption(name: string): boolean {
	if (!name.startsWith(REDIS_PREFIX)) return false;
	const [option = '', part, ...rest] = name.slice(REDIS_PREFIX.length).split('__').map(camelCase);
	if (NOT_OUR_OWN.has(option) || !(option in REDIS_OPTIONS) || rest.length > 0) return false;
	return part === undefined || (/tls$/i.test(option) && part in TLS_OPTIONS);
}

/** Reads options, and what is wrong with them by name. */
class OptionReader {
	readonly options: Options = {};
	readonly problems: string[] = [];
	readonly unused: string[] = [];
	readonly #variables: Map<string, Variable>;

	constructor(prefix: string, environment: Environment) {
		this.#variables = collectVariables(prefix, environment);
	}

	has(option: string): boolean {
		return this.#variables.has(option);
	}

	/** Reads the options that are taken, and names the others. */
	read(takes: (option: string) => boolean): this {
		for (const [option, { names, value }] of this.#variables) {
			const known = REDIS_OPTIONS[option];
			if (known === undefined || !takes(option)) this.unused.push(...names);
			else this.#readOne(known, names, value);
		}
		return this;
	}

	#readOne(
		{ to, read }: { to: keyof RedisConnectionOptions; read: Read<unknown> },
		names: string[],
		value: unknown,
	): void {
		const isTls = read === readTls;
		const parts = names.filter((name) => name.includes('__'));
		const unknown = isTls ? parts.filter((name) => !(camelCase(name.split('__')[1] ?? '') in TLS_OPTIONS)) : [];
		this.unused.push(...unknown);
		const taken = isObject(value) && isTls ? without(value, unknown) : value;
		try {
			Object.assign(this.options, { [to]: read(taken) });
		} catch (error) {
			if (!(error instanceof SettingMistake)) throw error;
			for (const { path, message } of error.problems) {
				const name =
					names.find((each) => path.length > 0 && camelCase(each.split('__')[1] ?? '') === path[0]) ?? names[0];
				this.problems.push(`${name}: ${message}`);
			}
		}
	}
}

const without = (value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> => {
	const gone = new Set(names.map((name) => camelCase(name.split('__')[1] ?? '')));
	return Object.fromEntries(Object.entries(value).filter(([name]) => !gone.has(name)));
};

/** Reads our own settings and, if they name no Redis, Directus'. */
export function readRedisSettings(values: Partial<SettingValues>, environment: Environment): RedisSettings {
	const own = new OptionReader(REDIS_PREFIX, withoutPlaces(environment));
	const place = ownPlace(values);
	const base = place === null ? directusRedis(environment) : besideOwnPlace(place, own, environment);
	if (base === null) {
		// A mistaken value is named by the table of settings; the name and TLS of nothing are contradictions there.
		return { connection: null, problems: [], unused: own.read(() => false).unused };
	}
	const { cluster, sentinels: watched } = base.options;
	own.read((option) => {
		if (option === 'db') return cluster === undefined;
		return !option.startsWith('sentinel') || watched !== undefined;
	});
	return {
		connection: { connectTimeoutMs: CONNECT_TIMEOUT_MS, ...base.options, ...own.options },
		problems: [...base.problems, ...own.problems],
		unused: [...base.unused, ...own.unused],
	};
}

interface Base {
	options: Options;
	problems: string[];
	unused: string[];
}

const PLACE_SETTINGS = new Set(['AI_CACHE_REDIS_CLUSTER', 'AI_CACHE_REDIS_SENTINELS', 'AI_CACHE_REDIS_SENTINEL_NAME']);

const withoutPlaces = (environment: Environment): Environment =>
	Object.fromEntries(Object.entries(environment).filter(([name]) => !PLACE_SETTINGS.has(name)));

function ownPlace(values: Partial<SettingValues>): Options | null {
	if (values.AI_CACHE_REDIS_CLUSTER) return { cluster: values.AI_CACHE_REDIS_CLUSTER };
	if (values.AI_CACHE_REDIS_SENTINELS) {
		return {
			sentinels: values.AI_CACHE_REDIS_SENTINELS,
			sentinelName: values.AI_CACHE_REDIS_SENTINEL_NAME ?? 'mymaster',
		};
	}
	return values.AI_CACHE_REDIS === undefined ? null : { url: values.AI_CACHE_REDIS };
}

/** Nodes of our own have Directus' credentials and certificates unless they have their own. */
function besideOwnPlace(place: Options, own: OptionReader, environment: Environment): Base {
	if (place.url !== undefined) return { options: place, problems: [], unused: [] };
	const takes = ['username', 'password', ...(place.sentinels ? ['db'] : []), ...(own.has('tls') ? ['tls'] : [])];
	const directus = new OptionReader(DIRECTUS_PREFIX, environment).read((option) => takes.includes(option));
	return { options: { ...directus.options, ...place }, problems: directus.problems, unused: [] };
}

/** What Directus itself makes of its environment: `REDIS` alone, or else everything that begins with `REDIS_`. */
function directusRedis(environment: Environment): Base | null {
	const enabled = environment['REDIS_ENABLED'];
	const isEnabled = [true, 'true', 1, '1'].includes(enabled as string);
	if (enabled !== undefined && enabled !== '' && !isEnabled) return null;
	const directus = new OptionReader(DIRECTUS_PREFIX, withoutDirectusOwn(environment));
	const url = environment['REDIS'];
	if (url !== undefined && url !== null && url !== '') {
		const { unused } = directus.read(() => false);
		try {
			return { options: readAddress(url), problems: [], unused };
		} catch {
			return { options: {}, problems: ['REDIS: must be an address such as redis://host:6379'], unused };
		}
	}
	if (!isEnabled && !DIRECTUS_PLACES.some((option) => directus.has(option))) return null;
	return directus.read(() => true);
}

/** An address, a path, or a port. */
function readAddress(given: unknown): Options {
	const url = text(given);
	if (!url.startsWith('/')) new URL(/^\w+:\/\//.test(url) ? url : `redis://${url}`);
	return { url };
}

const withoutDirectusOwn = (environment: Environment): Environment =>
	Object.fromEntries(Object.entries(environment).filter(([name]) => !DIRECTUS_OWN.test(name)));
