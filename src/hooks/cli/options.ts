import { readFile } from 'node:fs/promises';
import {
	type GenerationRequest,
	type InvalidationRequest,
	PROVIDERS,
	STATS_INTERVALS,
	type StatsInterval,
	type WarmRequest,
} from '../../shared/api-types.ts';
import { parseGeneration } from '../../services/validation/generation-schema.ts';
import { parseInvalidation } from '../../services/validation/invalidation-schema.ts';
import type { StatsQuery } from '../../services/admin/stats-service.ts';

/** Options parsed by commander, keyed by the flags' camel-case names. */
export type Options = Readonly<Record<string, unknown>>;

/** Like all parsers here, throws an error that names the flag. */
export function parseStatsQuery(options: Options): StatsQuery {
	const query = {
		provider: readChoice(options, 'provider', PROVIDERS),
		model: readText(options, 'model'),
		collection: readText(options, 'collection'),
		from: readTime(options, 'from'),
		to: readTime(options, 'to'),
		interval: readChoice<StatsInterval>(options, 'interval', STATS_INTERVALS),
	};
	return omitUndefined(query);
}

export function parseInvalidationOptions(options: Options): InvalidationRequest {
	const criteria = omitUndefined({
		provider: readChoice(options, 'provider', PROVIDERS),
		model: readText(options, 'model'),
		collection: readText(options, 'collection'),
		items: readList(options, 'items'),
		fields: readList(options, 'fields'),
		tags: readList(options, 'tags'),
		key: readText(options, 'key'),
		all: options['all'] === true ? true : undefined,
	});
	if (Object.keys(criteria).length === 0)
		throw new Error('Choose what to invalidate, such as --collection or --tags, or use --all');
	return parseInvalidation({ ...criteria, ...(options['dryRun'] === true && { dry_run: true }) });
}

export async function parseWarmRequest(options: Options): Promise<WarmRequest> {
	const file = readText(options, 'requests');
	const top = readNumber(options, 'top');
	const budget = readNumber(options, 'budget');
	if ((file === undefined) === (top === undefined)) throw new Error('--top or --requests must be given, not both');
	const limit = budget === undefined ? {} : { budget_usd: budget };
	if (file !== undefined) return { requests: await readRequests(file), ...limit };
	if (top === undefined || !Number.isInteger(top) || top < 1)
		throw new Error('--top must be a whole number of at least 1');
	return { top, ...limit };
}

async function readRequests(file: string): Promise<GenerationRequest[]> {
	const content = await readFile(file, 'utf8').catch(() => {
		throw new Error(`--requests: "${file}" cannot be read`);
	});
	let parsed: unknown;
	try {
		parsed = JSON.parse(content);
	} catch {
		throw new Error(`--requests: "${file}" is not valid JSON`);
	}
	if (!Array.isArray(parsed) || parsed.length === 0)
		throw new Error(`--requests: "${file}" must contain a list of requests`);
	return parsed.map((request, index) => parseGeneration(request, `requests.${index}`));
}

function readText(options: Options, name: string): string | undefined {
	const value = options[name];
	if (value === undefined) return undefined;
	if (typeof value === 'string' && value.trim() !== '') return value.trim();
	throw new Error(`--${name} is empty`);
}

const readList = (options: Options, name: string): string[] | undefined =>
	readText(options, name)
		?.split(',')
		.map((part) => part.trim())
		.filter((part) => part !== '');

function readChoice<Choice extends string>(
	options: Options,
	name: string,
	choices: readonly Choice[],
): Choice | undefined {
	const value = readText(options, name);
	if (value === undefined) return undefined;
	const found = choices.find((one) => one === value);
	if (found === undefined) throw new Error(`--${name} must be one of ${choices.join(', ')}`);
	return found;
}

function readNumber(options: Options, name: string): number | undefined {
	const value = readText(options, name);
	if (value === undefined) return undefined;
	const parsed = Number(value);
	if (!Number.isFinite(parsed) || parsed < 0) throw new Error(`--${name} must be a number of 0 or more`);
	return parsed;
}

function readTime(options: Options, name: string): number | undefined {
	const value = readText(options, name);
	if (value === undefined) return undefined;
	const at = Date.parse(value);
	if (Number.isNaN(at)) throw new Error(`--${name} must be a time such as 2026-01-31T12:00:00Z`);
	return at;
}

function omitUndefined<Shape extends object>(
	shape: Shape,
): { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> } {
	return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as never;
}
