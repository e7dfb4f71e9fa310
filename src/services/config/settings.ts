import type { Provider, SettingRow } from '../../shared/api-types.ts';
import type { Proxies } from '../../providers/http/proxy-agents.ts';
import type { RedisConnectionOptions } from '../../shared/redis-connection.ts';
import { readProxies } from './proxy-settings.ts';
import { isRedisOption, readRedisSettings } from './redis-settings.ts';
import { SettingMistake } from './parsers.ts';
import { SECRET_SETTINGS, type SettingName, SETTINGS, type SettingValues } from './settings-schema.ts';

export type Environment = Readonly<Record<string, unknown>>;

/** The settings in force. Durations in milliseconds where the name ends so, else seconds; sizes in bytes. */
export interface Settings {
	values: SettingValues;
	store: 'memory' | 'redis';
	redis: RedisConnectionOptions;
	proxies: Proxies;
	/** Variables about the connection to Redis that have no effect. */
	unused: string[];
	/** As the Studio shows them; secrets say `set` or `unset`. */
	rows: SettingRow[];
}

/** All mistakes in one message, by name and never with a value: a value may be a secret. */
export class SettingsError extends Error {
	constructor(problems: readonly string[]) {
		super(
			`AI Cache cannot start, ${problems.length} setting(s) are wrong:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
		);
		this.name = 'SettingsError';
	}
}

const NAMES = Object.keys(SETTINGS) as SettingName[];
const NO_REDIS =
	'AI_CACHE_STORE: is redis, but none of AI_CACHE_REDIS, AI_CACHE_REDIS_CLUSTER, AI_CACHE_REDIS_SENTINELS, REDIS and REDIS_HOST is set, or REDIS_ENABLED is false';
/** Each names where Redis is, so that no two of them can be meant. */
const REDIS_PLACES = ['AI_CACHE_REDIS', 'AI_CACHE_REDIS_CLUSTER', 'AI_CACHE_REDIS_SENTINELS'] as const;

/** Reads the settings from Directus' environment. Throws `SettingsError`, which names every mistake at once. */
export function readSettings(environment: Environment): Settings {
	const given = Object.fromEntries(
		NAMES.map((name) => [name, environment[name]]).filter(
			([, value]) => value !== undefined && value !== null && value !== '',
		),
	) as Record<string, unknown>;
	const unknown = Object.keys(environment).filter(
		(name) => name.startsWith('AI_CACHE_') && !(name in SETTINGS) && !isRedisOption(name),
	);
	const { values: sound, problems } = parseEach(given);
	const { connection: redis, problems: redisProblems, unused } = readRedisSettings(sound, environment);
	const { proxies, problems: proxyProblems } = readProxies(environment);
	const store = sound.AI_CACHE_STORE ?? (redis === null ? 'memory' : 'redis');
	const mistakes = [
		...unknown.map((name) => `${name}: ${unknownReason(name)}`),
		...problems,
		...proxyProblems,
		...(store === 'redis' ? redisProblems.filter((line) => !(nameIn(line) in SETTINGS)) : []),
		...contradictions(sound),
		...misplaced(given),
		...(store === 'redis' && redis === null ? [NO_REDIS] : []),
	];
	if (mistakes.length > 0) throw new SettingsError(mistakes);
	const values = sound as SettingValues;
	return {
		values,
		store,
		redis: redis ?? { connectTimeoutMs: 0 },
		proxies,
		unused: store === 'redis' ? unused : unused.filter((name) => name.startsWith('AI_CACHE_')),
		rows: [...rowsOf(values, given, store, redis !== null), ...redisRows(environment)],
	};
}

/** The setting that a mistake is about. */
const nameIn = (mistake: string): string => mistake.slice(0, mistake.indexOf(':'));

/** Directus reads files for its own settings alone. */
function unknownReason(name: string): string {
	const setting = name.replace(/_FILE$/, '');
	if (setting === name || !(setting in SETTINGS)) return 'no such setting';
	return `no such setting; export ${setting} from the file before Directus starts, as ${setting}="$(cat <file>)"`;
}

/** One by one, so that a mistake in one does not hide that two others contradict each other. */
function parseEach(given: Readonly<Record<string, unknown>>): { values: Partial<SettingValues>; problems: string[] } {
	const problems: string[] = [];
	const values: Record<string, unknown> = {};
	for (const name of NAMES) {
		const value = given[name] ?? defaultOf(name);
		if (value === undefined) continue;
		try {
			values[name] = SETTINGS[name].read(value);
		} catch (error) {
			if (!(error instanceof SettingMistake)) throw error;
			problems.push(...error.problems.map(({ path, message }) => `${[name, ...path].join('.')}: ${message}`));
		}
	}
	return { values, problems };
}

function contradictions(values: Partial<SettingValues>): string[] {
	const problems: string[] = [];
	// Comparisons with what is missing, because it was wrong by itself, are false.
	const { AI_CACHE_TTL: ttl = NaN, AI_CACHE_MAX_TTL: maximum = NaN } = values;
	const { AI_CACHE_STORE_TIMEOUT: store = NaN, AI_CACHE_UPSTREAM_TIMEOUT: upstream = NaN } = values;
	if (ttl > maximum) problems.push('AI_CACHE_TTL: is longer than AI_CACHE_MAX_TTL');
	if (store < 1) problems.push('AI_CACHE_STORE_TIMEOUT: is less than 1ms');
	if (upstream < 1000) problems.push('AI_CACHE_UPSTREAM_TIMEOUT: is less than 1s');
	return problems;
}

function misplaced(given: Readonly<Record<string, unknown>>): string[] {
	const problems: string[] = [];
	const places = REDIS_PLACES.filter((name) => name in given);
	if (places.length > 1) problems.push(`${places.join(', ')}: exclude each other`);
	for (const [name, needed] of [
		['AI_CACHE_REDIS_SENTINEL_NAME', ['AI_CACHE_REDIS_SENTINELS']],
		['AI_CACHE_REDIS_TLS', REDIS_PLACES],
	] as const) {
		if (name in given && !needed.some((other) => other in given))
			problems.push(`${name}: needs ${needed.join(' or ')}`);
	}
	return problems;
}

function rowsOf(
	values: SettingValues,
	given: Readonly<Record<string, unknown>>,
	store: string,
	hasRedis: boolean,
): SettingRow[] {
	return NAMES.map((name): SettingRow => {
		const secret = SECRET_SETTINGS.has(name);
		const isGiven = name in given;
		if (name === 'AI_CACHE_REDIS' && !isGiven && store === 'redis' && hasRedis && !hasOwnNodes(values)) {
			return { name, value: 'set', source: 'directus', secret };
		}
		const shown = name === 'AI_CACHE_STORE' ? store : show(given[name] ?? defaultOf(name));
		const value = secret ? (isGiven ? 'set' : 'unset') : shown;
		return { name, value, source: isGiven ? 'environment' : 'default', secret };
	});
}

/** Options of the connection that are in force without a setting of their own. */
const redisRows = (environment: Environment): SettingRow[] =>
	Object.keys(environment)
		.filter((name) => isRedisOption(name) && !(name in SETTINGS) && environment[name] !== '')
		.map((name) => ({ name, value: 'set', source: 'environment', secret: true }));

const hasOwnNodes = (values: SettingValues): boolean =>
	values.AI_CACHE_REDIS_CLUSTER !== undefined || values.AI_CACHE_REDIS_SENTINELS !== undefined;

/** A setting's default as an operator would write it; undefined where it has none. */
export const defaultOf = (name: SettingName): string | number | boolean | undefined => {
	const { default: otherwise }: { default?: string | number | boolean } = SETTINGS[name];
	return otherwise;
};

/** An address may hold a name and a password. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^/@\s]*@/g, '//');

function show(value: unknown): string {
	if (value === undefined) return '';
	if (Array.isArray(value)) return withoutCredentials(value.join(','));
	return withoutCredentials(typeof value === 'string' ? value : JSON.stringify(value));
}

export const keySetting = (provider: Provider): SettingName =>
	`AI_CACHE_${provider.toUpperCase()}_API_KEY` as SettingName;
export const baseUrlSetting = (provider: Provider) =>
	`AI_CACHE_${provider.toUpperCase()}_BASE_URL` as
		| 'AI_CACHE_OPENAI_BASE_URL'
		| 'AI_CACHE_ANTHROPIC_BASE_URL'
		| 'AI_CACHE_MISTRAL_BASE_URL'
		| 'AI_CACHE_DEEPSEEK_BASE_URL';
