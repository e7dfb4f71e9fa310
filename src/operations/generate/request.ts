import {
	CACHE_MODES,
	type CacheDirectives,
	CONTENT_TYPES,
	type GenerationRequest,
	type JsonValue,
	PROVIDERS,
	SCOPES,
} from '../../contract.ts';
import { type AuthoredTexts, toTemplate } from '../flow-texts.ts';
import {
	choiceOption,
	compact,
	keyOption,
	keysOption,
	listOption,
	numberOption,
	objectOption,
	type Options,
	refuse,
	textOption,
	textsOption,
} from '../options.ts';

/**
 * The request that the form's values make. Empty values count as absent, JSON may come as text, lists with commas.
 * With an item, the author's `[[field]]` become placeholders; without one, all text is taken as it is. A value of the
 * wrong kind is a 400 that names its option.
 */
export function optionsToRequest(options: Options, authored: AuthoredTexts | null): GenerationRequest {
	const provider = choiceOption(options, 'provider', PROVIDERS);
	if (!provider) throw refuse('provider', `must be one of ${PROVIDERS.join(', ')}`);
	const model = textOption(options, 'model');
	if (model === undefined) throw refuse('model', 'is missing');
	const cache = cacheDirectives(options);
	return {
		provider,
		model,
		...compact({
			...texts(options, authored),
			params: objectOption(options, 'params'),
			collection: textOption(options, 'collection'),
			...itemsOf(options),
			fields: textsOption(options, 'fields'),
			tags: textsOption(options, 'tags'),
			content_type: choiceOption(options, 'content_type', CONTENT_TYPES),
			confidence: numberOption(options, 'confidence'),
			cache: Object.keys(cache).length > 0 ? cache : undefined,
		}),
	};
}

type Texts = Pick<GenerationRequest, 'prompt' | 'system' | 'messages'>;

function texts(options: Options, authored: AuthoredTexts | null): Texts {
	const prompt = textOption(options, 'prompt');
	const messages = listOption(options, 'messages');
	if (prompt === undefined && !messages) throw refuse('prompt', 'is missing: write a prompt or messages');
	const written = compact({ prompt, system: textOption(options, 'system'), messages });
	const { item, items } = itemsOf(options);
	if (item === undefined && !items) {
		const field = [...(authored?.itemFields ?? [])].find(
			(path) => FIELD_PATH.test(path) && isIn(written, `[[${path}]]`),
		);
		if (field !== undefined) throw refuse('item', `is missing: the text names [[${field}]], a field of an item`);
		return written;
	}
	const found = [written.prompt, written.system, JSON.stringify(written.messages)].some((text) => text?.includes('[['));
	if (found && !authored)
		throw refuse('prompt', 'names fields as [[field]], which a flow that another flow triggers cannot do');
	const fields = authored?.itemFields ?? new Set<string>();
	return inTexts(written, (text) => toTemplate(text, fields)) as Texts;
}

/** What looks like one; `[[1, 2]]` is text. */
const FIELD_PATH = /^[a-z_$][\w$:.-]*$/i;

const isIn = ({ prompt, system, messages }: Texts, text: string): boolean =>
	[prompt, system, JSON.stringify(messages)].some((written) =>
		written?.replaceAll(/\[\[\s+|\s+\]\]/g, trimmed).includes(text),
	);

const trimmed = (brackets: string): string => brackets.trim();

function inTexts(value: JsonValue, change: (text: string) => string): JsonValue {
	if (typeof value === 'string') return change(value);
	if (Array.isArray(value)) return value.map((part) => inTexts(part, change));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inTexts(part, change)]));
}

function itemsOf(options: Options): Pick<GenerationRequest, 'item' | 'items'> {
	const item = keyOption(options, 'item');
	const items = keysOption(options, 'items');
	if (item !== undefined && items) throw refuse('items', 'cannot be given together with "item"');
	if ((item !== undefined || items) && textOption(options, 'collection') === undefined) {
		throw refuse('collection', 'is missing: an item is one of a collection');
	}
	return compact({ item, items });
}

function cacheDirectives(options: Options): CacheDirectives {
	return compact({
		mode: choiceOption(options, 'cache_mode', CACHE_MODES),
		ttl: numberOption(options, 'ttl'),
		max_age: numberOption(options, 'max_age'),
		scope: choiceOption(options, 'scope', SCOPES),
		stale_while_revalidate: numberOption(options, 'stale_while_revalidate'),
		stale_if_error: numberOption(options, 'stale_if_error'),
	});
}
