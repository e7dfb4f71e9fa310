import * as z from 'zod';
import { CONTENT_TYPES, COST_TIERS, ON_INVALIDATE, PROVIDERS, SCOPES } from '../../shared/api-types.ts';
import {
	addresses,
	duration,
	flag,
	json,
	list,
	money,
	oneOf,
	positive,
	type Read,
	size,
	rejoined,
	text,
	textThat,
	timer,
	wholeNumber,
} from './parsers.ts';

const redisAddress = textThat(
	(value) => value.startsWith('/') || (URL.canParse(value) && /^(?:rediss?|unix):$/.test(new URL(value).protocol)),
	'is no redis:// or rediss:// address, nor the path of a socket',
);
/** Paths are put behind it. */
const url = textThat(
	(value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && !/[?#]/.test(value),
	'is no http(s) URL, or one with a query',
);
/** What an HTTP header can hold: a key with a line break or a typographic quotation mark would fail at each request. */
const apiKey = textThat((value) => /^[\x21-\x7e]+$/.test(value), 'holds characters that no key has');
/** Directus may have split it at its commas. */
const credential: Read<string> = (given) => String(rejoined(given));
const namespace = textThat(
	(value) => /^[\w.-]+$/.test(value),
	'may hold letters, digits, dots, dashes and underscores',
);
/** Five fields, or six with seconds; what they may hold is Directus' to say. */
const cron = textThat(
	(value) => /^(?:@[a-z]+|[\d*/,\-?#a-z]+(?:\s+[\d*/,\-?#a-z]+){4,5})$/i.test(value),
	'is no cron expression',
);
const scope = oneOf(SCOPES, `is none of ${SCOPES.join(', ')}`);
const onInvalidate = oneOf(ON_INVALIDATE, 'is neither drop nor refresh');

const costTiers = () =>
	z.partialRecord(
		z.enum(PROVIDERS),
		z.record(z.string(), z.enum(COST_TIERS)),
		'is no object of providers, models and tiers',
	);
const usd = () => z.coerce.number('is no number').min(0, 'is negative');
const prices = () =>
	z.record(
		z.string().regex(/^(openai|anthropic|mistral|deepseek)\/.+/, 'is not provider/model'),
		z.strictObject({ input: usd(), output: usd() }),
	);
/** What a collection's entries are given when a request names it. */
const collectionSettings = () =>
	z.strictObject({
		/** False: requests that name it are never cached. */
		enabled: z.boolean().default(true),
		content_type: z.enum(CONTENT_TYPES).optional(),
		ttl_factor: z.number().min(0).max(100).default(1),
		scope: z.enum(SCOPES).optional(),
		on_invalidate: z.enum(ON_INVALIDATE).optional(),
	});
export type CollectionSettings = z.output<ReturnType<typeof collectionSettings>>;

/** A default is written, and read, as an operator would write it. */
interface Setting<Value> {
	readonly read: Read<Value>;
	readonly default?: string | number | boolean;
}
interface Defaulted<Value> extends Setting<Value> {
	readonly default: string | number | boolean;
}

const optional = <Value>(read: Read<Value>): Setting<Value> => ({ read });
const setting = <Value>(read: Read<Value>, otherwise: string | number | boolean): Defaulted<Value> => ({
	read,
	default: otherwise,
});

/** Every setting, by its name in the environment. A setting without a default may be absent. */
export const SETTINGS = {
	AI_CACHE_STORE: optional(oneOf(['memory', 'redis'], 'is neither memory nor redis')),
	AI_CACHE_REDIS: optional(redisAddress),
	AI_CACHE_REDIS_CLUSTER: optional(addresses),
	AI_CACHE_REDIS_SENTINELS: optional(addresses),
	AI_CACHE_REDIS_SENTINEL_NAME: setting(text, 'mymaster'),
	AI_CACHE_REDIS_TLS: setting(flag, false),
	AI_CACHE_REDIS_USERNAME: optional(credential),
	AI_CACHE_REDIS_PASSWORD: optional(credential),
	AI_CACHE_REDIS_SENTINEL_USERNAME: optional(credential),
	AI_CACHE_REDIS_SENTINEL_PASSWORD: optional(credential),
	AI_CACHE_NAMESPACE: setting(namespace, 'ai-cache'),
	AI_CACHE_TTL: setting(duration, '24h'),
	AI_CACHE_MAX_TTL: setting(duration, '30d'),
	AI_CACHE_STALE_WINDOW: setting(duration, '24h'),
	AI_CACHE_MEMORY_MAX: setting(size, '256mb'),
	AI_CACHE_FIRST_LEVEL_MAX: setting(size, '64mb'),
	AI_CACHE_MAX_ENTRY_SIZE: setting(size, '4mb'),
	AI_CACHE_COMPRESS_ABOVE: setting(size, '1000'),
	AI_CACHE_SCOPE: setting(scope, 'shared'),
	AI_CACHE_ACCESS: setting(list, ''),
	AI_CACHE_WRITERS: setting(list, ''),
	AI_CACHE_COST_TIERS: optional(json(costTiers)),
	AI_CACHE_PRICES: optional(json(prices)),
	AI_CACHE_COLLECTIONS: optional(json(() => z.record(z.string(), collectionSettings()))),
	AI_CACHE_STORE_TIMEOUT: setting(timer, '250ms'),
	AI_CACHE_UPSTREAM_TIMEOUT: setting(timer, '10m'),
	AI_CACHE_UPSTREAM_RETRIES: setting(wholeNumber, 2),
	AI_CACHE_STORE_TRUNCATED: setting(flag, false),
	AI_CACHE_WEB_SEARCH_TTL: setting(duration, '0'),
	AI_CACHE_STUDIO_SHOW_CONTENT: setting(flag, true),
	AI_CACHE_ON_MODEL_UPDATE: setting(oneOf(['note', 'invalidate'], 'is neither note nor invalidate'), 'note'),
	AI_CACHE_BATCH_MAX: setting(positive, 500),
	AI_CACHE_BATCH_CONCURRENCY: setting(positive, 8),
	AI_CACHE_JOURNAL_MAX: setting(wholeNumber, 1000),
	AI_CACHE_WARM_SCHEDULE: optional(cron),
	AI_CACHE_WARM_TOP: setting(wholeNumber, 50),
	AI_CACHE_WARM_BUDGET: setting(money, 1),
	AI_CACHE_WARM_CONCURRENCY: setting(positive, 4),
	AI_CACHE_ON_INVALIDATE: setting(onInvalidate, 'drop'),
	AI_CACHE_REFRESH_DEBOUNCE: setting(timer, '10s'),
	AI_CACHE_REFRESH_MIN_REQUESTS: setting(positive, 3),
	AI_CACHE_REFRESH_MAX: setting(positive, 20),
	AI_CACHE_REFRESH_BUDGET: setting(money, 1),
	AI_CACHE_REPLAY_RATE: setting(wholeNumber, 0),
	AI_CACHE_AUTH_MEMO: setting(duration, '10s'),
	AI_CACHE_OPENAI_API_KEY: optional(apiKey),
	AI_CACHE_ANTHROPIC_API_KEY: optional(apiKey),
	AI_CACHE_MISTRAL_API_KEY: optional(apiKey),
	AI_CACHE_DEEPSEEK_API_KEY: optional(apiKey),
	AI_CACHE_OPENAI_BASE_URL: setting(url, 'https://api.openai.com/v1'),
	AI_CACHE_ANTHROPIC_BASE_URL: setting(url, 'https://api.anthropic.com'),
	AI_CACHE_MISTRAL_BASE_URL: setting(url, 'https://api.mistral.ai'),
	AI_CACHE_DEEPSEEK_BASE_URL: setting(url, 'https://api.deepseek.com'),
} satisfies Record<string, Setting<unknown>>;

type Table = typeof SETTINGS;
export type SettingName = keyof Table;
type DefaultedName = { [Name in SettingName]: Table[Name] extends Defaulted<unknown> ? Name : never }[SettingName];
type ValueOf<Name extends SettingName> = ReturnType<Table[Name]['read']>;
export type SettingValues = { [Name in DefaultedName]: ValueOf<Name> } & {
	[Name in Exclude<SettingName, DefaultedName>]?: ValueOf<Name> | undefined;
};

/** Those whose values are never shown. */
export const SECRET_SETTINGS: ReadonlySet<SettingName> = new Set<SettingName>([
	'AI_CACHE_REDIS',
	'AI_CACHE_REDIS_PASSWORD',
	'AI_CACHE_REDIS_SENTINEL_PASSWORD',
	'AI_CACHE_OPENAI_API_KEY',
	'AI_CACHE_ANTHROPIC_API_KEY',
	'AI_CACHE_MISTRAL_API_KEY',
	'AI_CACHE_DEEPSEEK_API_KEY',
]);
