import type { AppField, DeepPartial } from '@directus/types';

import { translateText } from '../../locales/text.ts';
import { buildChoices, buildFormField, type FormField, buildSwitch, PROVIDER_CHOICES } from '../form.ts';

/** Suggestions. Users can type any other model of the provider. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
	openai: ['gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'],
	anthropic: ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'],
	mistral: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest'],
	deepseek: ['deepseek-chat', 'deepseek-reasoner'],
};

/** Builds the form of "AI Cache: Generate". Suggests the models of the selected provider. */
export function buildGenerateForm(options: Readonly<Record<string, unknown>>): DeepPartial<AppField>[] {
	const models = MODELS[String(options['provider'])] ?? Object.values(MODELS).flat();
	return [...buildMainFields(models), ...buildOptionalFields(), ...buildCacheFields()].map(buildFormField);
}

function buildMainFields(models: readonly string[]): FormField[] {
	return [
		{
			field: 'provider',
			name: 'common.provider',
			interface: 'select-dropdown',
			required: true,
			options: { ...buildChoices(PROVIDER_CHOICES), allowNone: false },
		},
		{
			field: 'model',
			name: 'common.model',
			interface: 'select-dropdown',
			required: true,
			options: { choices: models.map((value) => ({ value, text: value })), allowOther: true },
		},
		{
			field: 'prompt',
			name: 'flow.prompt',
			type: 'text',
			interface: 'input-multiline',
			width: 'full',
			note: translateText('flow.prompt_copy', {
				value: '{{$trigger.payload.title}}',
				field: '[[title]]',
				related: '[[author.first_name]]',
			}),
		},
		{
			field: 'collection',
			name: 'common.collection',
			interface: 'system-collection',
			options: { includeSystem: true, includeSingleton: true },
			note: translateText('flow.collection_copy'),
		},
		{
			field: 'item',
			name: 'common.item',
			interface: 'input',
			options: { placeholder: '{{$trigger.key}}' },
			note: translateText('flow.item_copy'),
		},
	];
}

const buildJsonField = (field: string, name: FormField['name'], note: string): FormField => ({
	field,
	name,
	note,
	type: 'json',
	interface: 'input-code',
	width: 'full',
	options: { language: 'json' },
});

function buildOptionalFields(): FormField[] {
	const shownWhen = { collection: { _nempty: true } };
	return [
		{
			field: 'items',
			name: 'flow.items',
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.keys}}' },
			note: translateText('flow.items_each_copy'),
		},
		buildTagsField('fields', 'flow.fields', translateText('flow.fields_copy'), shownWhen),
		{
			field: 'system',
			name: 'flow.system',
			type: 'text',
			interface: 'input-multiline',
			width: 'full',
		},
		buildJsonField('messages', 'flow.messages', translateText('flow.messages_copy')),
		buildJsonField('params', 'flow.params', translateText('flow.params_copy', { example: '{"temperature": 0}' })),
		{ ...buildTagsField('tags', 'common.tags', translateText('flow.tags_copy')), width: 'full' },
	];
}

function buildTagsField(
	field: string,
	name: FormField['name'],
	note: string,
	shownWhen?: Record<string, unknown>,
): FormField {
	return { field, name, note, type: 'json', interface: 'tags', ...(shownWhen && { shownWhen }) };
}

function buildCacheFields(): FormField[] {
	const shownWhen = { show_caching: { _eq: true } };
	const buildSecondsField = (field: string, name: FormField['name']): FormField => ({
		field,
		name,
		type: 'integer',
		interface: 'input',
		shownWhen,
		options: { min: 0, placeholder: translateText('flow.seconds') },
	});
	return [
		{ ...buildSwitch('show_caching', 'flow.caching', 'flow.show_caching'), width: 'full' },
		buildSelectField('cache_mode', 'flow.mode', {
			default: translateText('flow.modes.default'),
			'no-cache': translateText('flow.modes.no-cache'),
			'no-store': translateText('flow.modes.no-store'),
			'only-if-cached': translateText('flow.modes.only-if-cached'),
		}),
		buildSelectField('scope', 'entry.scope', {
			shared: translateText('scope.shared'),
			role: translateText('scope.role'),
			user: translateText('scope.user'),
		}),
		buildSelectField('content_type', 'flow.content_type', {
			standard: translateText('flow.content_types.standard'),
			critical: translateText('flow.content_types.critical'),
			static: translateText('flow.content_types.static'),
		}),
		{
			field: 'confidence',
			name: 'entry.confidence',
			type: 'float',
			interface: 'input',
			shownWhen,
			options: { min: 0, step: 0.1, placeholder: '0.5 – 1.5' },
		},
		buildSecondsField('ttl', 'entry.ttl'),
		buildSecondsField('max_age', 'flow.max_age'),
		buildSecondsField('stale_while_revalidate', 'flow.stale_while_revalidate'),
		buildSecondsField('stale_if_error', 'flow.stale_if_error'),
	];
	function buildSelectField(
		field: string,
		name: FormField['name'],
		texts: Parameters<typeof buildChoices>[0],
	): FormField {
		return { field, name, interface: 'select-dropdown', shownWhen, options: buildChoices(texts) };
	}
}
