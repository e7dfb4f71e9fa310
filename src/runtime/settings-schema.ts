import * as z from 'zod';
import { CONTENT_TYPES, COST_TIERS, ON_INVALIDATE, PROVIDERS, SCOPES } from '../contract.ts';
import { parseDuration, parseSize } from './notation.ts';

const text = z.coerce.string().trim().min(1, 'is empty');

const duration = text.transform((value, context) => {
	const milliseconds = parseDuration(value);
	if (milliseconds !== null) return milliseconds;
	context.addIssue({ code: 'custom', message: 'is no duration; write it with its unit, as 250ms, 30s or 24h' });
	return z.NEVER;
});

/** Node's timers end at once where they are set for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const timer = duration.refine((milliseconds) => milliseconds <= LONGEST_TIMER_MS, 'is longer than 24 days');

const size = text.transform((value, context) => {
	const bytes = parseSize(value);
	if (bytes !== null) return bytes;
	context.addIssue({ code: 'custom', message: 'is no size; write bytes, or a size as 64kb or 256mb' });
	return z.NEVER;
});

const wholeNumber = z.coerce.number('is no number').int('is no whole number').min(0, 'is negative');
const money = z.coerce.number('is no number').min(0, 'is negative');
const flag = z
	.union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])], 'is neither true nor false')
	.transform((value) => value === true || value === 'true' || value === '1');

/** A comma-separated list; Directus may have split it already. */
const list = z
	.union([z.array(z.coerce.string()), z.coerce.string()])
	.transform((value) => (Array.isArray(value) ? value : value.split(',')).map((part) => part.trim()).filter(Boolean));

const redisAddress = text.refine(
	(value) => value.startsWith('/') || (URL.canParse(value) && /^(?:rediss?|unix):$/.test(new URL(value).protocol)),
	'is no redis:// or rediss:// address, nor the path of a socket',
);

const addresses = list.transform((parts, context) =>
	parts.map((part) => {
		const match = /^(?:redis:\/\/)?([^:]+|\[[^\]]+\]):(\d{1,5})$/.exec(part);
		if (match && Number(match[2]) < 65_536) return { host: match[1]!, port: Number(match[2]) };
		context.addIssue({ code: 'custom', message: 'is no list of host:port' });
		return z.NEVER;
	}),
);

/** Directus splits a value at its commas and reads the pieces, unless it begins with `json:`; they are put together again. */
const rejoined = (value: unknown): unknown =>
	Array.isArray(value)
		? value.map((piece) => (typeof piece === 'string' ? piece : JSON.stringify(piece))).join(',')
		: value;

const json = <Schema extends z.ZodType>(schema: Schema) =>
	z
		.unknown()
		.transform((value, context): unknown => {
			const given = rejoined(value);
			if (typeof given !== 'string') return given;
			try {
				return JSON.parse(given) as unknown;
			} catch {
				context.addIssue({ code: 'custom', message: 'is no valid JSON' });
				return z.NEVER;
			}
		})
		.pipe(schema);

/** Five fields, or six with seconds; what they may hold is Directus' to say. */
const cron = text.regex(/^(?:@[a-z]+|[\d*/,\-?#a-z]+(?:\s+[\d*/,\-?#a-z]+){4,5})$/i, 'is no cron expression');

const price = z.strictObject({ input: money, output: money });

/** What a collection's entries are given when a request names it. */
export const collectionSettings = z.strictObject({
	/** False: requests that name it are never cached. */
	enabled: z.boolean().default(true),
	content_type: z.enum(CONTENT_TYPES).optional(),
	ttl_factor: z.number().min(0).max(100).default(1),
	scope: z.enum(SCOPES).optional(),
	on_invalidate: z.enum(ON_INVALIDATE).optional(),
});
export type CollectionSettings = z.output<typeof collectionSettings>;

const url = text.refine(
	(value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
	'is no http(s) URL',
);

/** Every setting, by its name in the environment. A setting without a default may be absent. */
export const settingsShape = {
	AI_CACHE_STORE: z.enum(['memory', 'redis'], 'is neither memory nor redis').optional(),
	AI_CACHE_REDIS: redisAddress.optional(),
	AI_CACHE_REDIS_CLUSTER: addresses.optional(),
	AI_CACHE_REDIS_SENTINELS: addresses.optional(),
	AI_CACHE_REDIS_SENTINEL_NAME: text.default('mymaster'),
	AI_CACHE_REDIS_TLS: flag.default(false),
	AI_CACHE_NAMESPACE: text
		.regex(/^[\w.-]+$/, 'may hold letters, digits, dots, dashes and underscores')
		.default('ai-cache'),
	AI_CACHE_TTL: duration.prefault('24h'),
	AI_CACHE_MAX_TTL: duration.prefault('30d'),
	AI_CACHE_STALE_WINDOW: duration.prefault('24h'),
	AI_CACHE_MEMORY_MAX: size.prefault('256mb'),
	AI_CACHE_FIRST_LEVEL_MAX: size.prefault('64mb'),
	AI_CACHE_MAX_ENTRY_SIZE: size.prefault('4mb'),
	AI_CACHE_COMPRESS_ABOVE: size.prefault('1000'),
	AI_CACHE_SCOPE: z.enum(SCOPES, `is none of ${SCOPES.join(', ')}`).default('shared'),
	AI_CACHE_ACCESS: list.default([]),
	AI_CACHE_WRITERS: list.default([]),
	AI_CACHE_COST_TIERS: json(
		z.partialRecord(
			z.enum(PROVIDERS),
			z.record(z.string(), z.enum(COST_TIERS)),
			'is no object of providers, models and tiers',
		),
	).optional(),
	AI_CACHE_PRICES: json(
		z.record(z.string().regex(/^(openai|anthropic|mistral|deepseek)\/.+/, 'is not provider/model'), price),
	).optional(),
	AI_CACHE_COLLECTIONS: json(z.record(z.string(), collectionSettings)).optional(),
	AI_CACHE_STORE_TIMEOUT: timer.prefault('250ms'),
	AI_CACHE_UPSTREAM_TIMEOUT: timer.prefault('10m'),
	AI_CACHE_UPSTREAM_RETRIES: wholeNumber.default(2),
	AI_CACHE_STORE_TRUNCATED: flag.default(false),
	AI_CACHE_STUDIO_SHOW_CONTENT: flag.default(true),
	AI_CACHE_ON_MODEL_UPDATE: z.enum(['note', 'invalidate'], 'is neither note nor invalidate').default('note'),
	AI_CACHE_BATCH_MAX: wholeNumber.min(1, 'is less than 1').default(500),
	AI_CACHE_BATCH_CONCURRENCY: wholeNumber.min(1, 'is less than 1').default(8),
	AI_CACHE_JOURNAL_MAX: wholeNumber.default(1000),
	AI_CACHE_WARM_SCHEDULE: cron.optional(),
	AI_CACHE_WARM_TOP: wholeNumber.default(50),
	AI_CACHE_WARM_BUDGET: money.default(1),
	AI_CACHE_WARM_CONCURRENCY: wholeNumber.min(1, 'is less than 1').default(4),
	AI_CACHE_ON_INVALIDATE: z.enum(ON_INVALIDATE, 'is neither drop nor refresh').default('drop'),
	AI_CACHE_REFRESH_DEBOUNCE: timer.prefault('10s'),
	AI_CACHE_REFRESH_MIN_REQUESTS: wholeNumber.min(1, 'is less than 1').default(3),
	AI_CACHE_REFRESH_MAX: wholeNumber.min(1, 'is less than 1').default(20),
	AI_CACHE_REFRESH_BUDGET: money.default(1),
	AI_CACHE_REPLAY_RATE: wholeNumber.default(0),
	AI_CACHE_AUTH_MEMO: duration.prefault('10s'),
	AI_CACHE_OPENAI_API_KEY: text.optional(),
	AI_CACHE_ANTHROPIC_API_KEY: text.optional(),
	AI_CACHE_MISTRAL_API_KEY: text.optional(),
	AI_CACHE_DEEPSEEK_API_KEY: text.optional(),
	AI_CACHE_OPENAI_BASE_URL: url.default('https://api.openai.com/v1'),
	AI_CACHE_ANTHROPIC_BASE_URL: url.default('https://api.anthropic.com'),
	AI_CACHE_MISTRAL_BASE_URL: url.default('https://api.mistral.ai'),
	AI_CACHE_DEEPSEEK_BASE_URL: url.default('https://api.deepseek.com'),
} satisfies Record<string, z.ZodType>;

export const settingsSchema = z.object(settingsShape);
export type SettingName = keyof typeof settingsShape;
export type SettingValues = z.output<typeof settingsSchema>;

/** Those whose values are never shown. */
export const SECRET_SETTINGS: ReadonlySet<SettingName> = new Set<SettingName>([
	'AI_CACHE_REDIS',
	'AI_CACHE_OPENAI_API_KEY',
	'AI_CACHE_ANTHROPIC_API_KEY',
	'AI_CACHE_MISTRAL_API_KEY',
	'AI_CACHE_DEEPSEEK_API_KEY',
]);
