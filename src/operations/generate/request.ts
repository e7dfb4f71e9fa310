import {
	CACHE_MODES,
	type CacheDirectives,
	CONTENT_TYPES,
	type GenerationRequest,
	type JsonValue,
	PROVIDERS,
	SCOPES,
} from '../../shared/api-types.ts';
import { type AuthoredTexts, convertToTemplate } from '../flow-template.ts';
import {
	parseChoiceOption,
	omitUndefined,
	parseKeyOption,
	parseKeysOption,
	parseListOption,
	parseNumberOption,
	parseObjectOption,
	type Options,
	createInvalidOptionError,
	parseTextOption,
	parseTextsOption,
} from '../options.ts';

/**
 * Builds the request from the form's values. Empty values count as absent. JSON may be text, and lists may be separated
 * by commas. With an item, the author's `[[field]]` become placeholders; without one, texts stay unchanged. Throws a 400
 * that names the option if a value has the wrong type.
 */
export function buildRequest(options: Options, authored: AuthoredTexts | null): GenerationRequest {
	const provider = parseChoiceOption(options, 'provider', PROVIDERS);
	if (!provider) throw createInvalidOptionError('provider', `must be one of ${PROVIDERS.join(', ')}`);
	const model = parseTextOption(options, 'model');
	if (model === undefined) throw createInvalidOptionError('model', 'is missing');
	const cache = readCacheDirectives(options);
	return {
		provider,
		model,
		...omitUndefined({
			...readTexts(options, authored),
			params: parseObjectOption(options, 'params'),
			collection: parseTextOption(options, 'collection'),
			...readItemOptions(options),
			fields: parseTextsOption(options, 'fields'),
			tags: parseTextsOption(options, 'tags'),
			content_type: parseChoiceOption(options, 'content_type', CONTENT_TYPES),
			confidence: parseNumberOption(options, 'confidence'),
			cache: Object.keys(cache).length > 0 ? cache : undefined,
		}),
	};
}

type Texts = Pick<GenerationRequest, 'prompt' | 'system' | 'messages'>;

function readTexts(options: Options, authored: AuthoredTexts | null): Texts {
	const prompt = parseTextOption(options, 'prompt');
	const messages = parseListOption(options, 'messages');
	if (prompt === undefined && !messages)
		throw createInvalidOptionError('prompt', 'is missing: write a prompt or messages');
	const written = omitUndefined({ prompt, system: parseTextOption(options, 'system'), messages });
	const { item, items } = readItemOptions(options);
	if (item === undefined && !items) {
		const field = [...(authored?.itemFields ?? [])].find(
			(path) => FIELD_PATH.test(path) && isIn(written, `[[${path}]]`),
		);
		if (field !== undefined)
			throw createInvalidOptionError('item', `is missing: the text names [[${field}]], a field of an item`);
		return written;
	}
	const found = [written.prompt, written.system, JSON.stringify(written.messages)].some((text) => text?.includes('[['));
	if (found && !authored)
		throw createInvalidOptionError('prompt', 'cannot use [[field]] in a flow that another flow triggers');
	const fields = authored?.itemFields ?? new Set<string>();
	return mapTexts(written, (text) => convertToTemplate(text, fields)) as Texts;
}

/** A text that looks like a field path. `[[1, 2]]` does not. */
const FIELD_PATH = /^[a-z_$][\w$:.-]*$/i;

const isIn = ({ prompt, system, messages }: Texts, text: string): boolean =>
	[prompt, system, JSON.stringify(messages)].some((written) =>
		written?.replaceAll(/\[\[\s+|\s+\]\]/g, trimBrackets).includes(text),
	);

const trimBrackets = (brackets: string): string => brackets.trim();

function mapTexts(value: JsonValue, change: (text: string) => string): JsonValue {
	if (typeof value === 'string') return change(value);
	if (Array.isArray(value)) return value.map((part) => mapTexts(part, change));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapTexts(part, change)]));
}

function readItemOptions(options: Options): Pick<GenerationRequest, 'item' | 'items'> {
	const item = parseKeyOption(options, 'item');
	const items = parseKeysOption(options, 'items');
	if (item !== undefined && items) throw createInvalidOptionError('items', 'cannot be given together with "item"');
	if ((item !== undefined || items) && parseTextOption(options, 'collection') === undefined) {
		throw createInvalidOptionError('collection', 'is missing: an item needs its collection');
	}
	return omitUndefined({ item, items });
}

function readCacheDirectives(options: Options): CacheDirectives {
	return omitUndefined({
		mode: parseChoiceOption(options, 'cache_mode', CACHE_MODES),
		ttl: parseNumberOption(options, 'ttl'),
		max_age: parseNumberOption(options, 'max_age'),
		scope: parseChoiceOption(options, 'scope', SCOPES),
		stale_while_revalidate: parseNumberOption(options, 'stale_while_revalidate'),
		stale_if_error: parseNumberOption(options, 'stale_if_error'),
	});
}
