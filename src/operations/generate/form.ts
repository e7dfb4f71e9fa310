import type { AppField, DeepPartial } from '@directus/types';

import { studioText } from '../../locales/text.ts';
import { choices, formField, type FormField, formSwitch, PROVIDER_CHOICES } from '../form.ts';

/** Suggestions alone: any model of the provider can be written. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
	openai: ['gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'],
	anthropic: ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'],
	mistral: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest'],
	deepseek: ['deepseek-chat', 'deepseek-reasoner'],
};

/** The form of the step "AI Cache: Generate"; the models that it suggests are those of the provider chosen. */
export function generateForm(options: Readonly<Record<string, unknown>>): DeepPartial<AppField>[] {
	const models = MODELS[String(options['provider'])] ?? Object.values(MODELS).flat();
	return [...question(models), ...rareFields(), ...caching()].map(formField);
}

function question(models: readonly string[]): FormField[] {
	return [
		{
			field: 'provider',
			name: 'common.provider',
			interface: 'select-dropdown',
			required: true,
			options: { ...choices(PROVIDER_CHOICES), allowNone: false },
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
			note: studioText('flow.prompt_copy', {
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
			note: studioText('flow.collection_copy'),
		},
		{
			field: 'item',
			name: 'common.item',
			interface: 'input',
			options: { placeholder: '{{$trigger.key}}' },
			note: studioText('flow.item_copy'),
		},
	];
}

const json = (field: string, name: FormField['name'], note: string): FormField => ({
	field,
	name,
	note,
	type: 'json',
	interface: 'input-code',
	width: 'full',
	options: { language: 'json' },
});

function rareFields(): FormField[] {
	const shownWhen = { collection: { _nempty: true } };
	return [
		{
			field: 'items',
			name: 'flow.items',
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.keys}}' },
			note: studioText('flow.items_each_copy'),
		},
		tags('fields', 'flow.fields', studioText('flow.fields_copy'), shownWhen),
		{
			field: 'system',
			name: 'flow.system',
			type: 'text',
			interface: 'input-multiline',
			width: 'full',
		},
		json('messages', 'flow.messages', studioText('flow.messages_copy')),
		json('params', 'flow.params', studioText('flow.params_copy', { example: '{"temperature": 0}' })),
		{ ...tags('tags', 'common.tags', studioText('flow.tags_copy')), width: 'full' },
	];
}

function tags(field: string, name: FormField['name'], note: string, shownWhen?: Record<string, unknown>): FormField {
	return { field, name, note, type: 'json', interface: 'tags', ...(shownWhen && { shownWhen }) };
}

function caching(): FormField[] {
	const shownWhen = { show_caching: { _eq: true } };
	const seconds = (field: string, name: FormField['name']): FormField => ({
		field,
		name,
		type: 'integer',
		interface: 'input',
		shownWhen,
		options: { min: 0, placeholder: studioText('flow.seconds') },
	});
	return [
		{ ...formSwitch('show_caching', 'flow.caching', 'flow.show_caching'), width: 'full' },
		select('cache_mode', 'flow.mode', {
			default: studioText('flow.modes.default'),
			'no-cache': studioText('flow.modes.no-cache'),
			'no-store': studioText('flow.modes.no-store'),
			'only-if-cached': studioText('flow.modes.only-if-cached'),
		}),
		select('scope', 'entry.scope', {
			shared: studioText('scope.shared'),
			role: studioText('scope.role'),
			user: studioText('scope.user'),
		}),
		select('content_type', 'flow.content_type', {
			standard: studioText('flow.content_types.standard'),
			critical: studioText('flow.content_types.critical'),
			static: studioText('flow.content_types.static'),
		}),
		{
			field: 'confidence',
			name: 'entry.confidence',
			type: 'float',
			interface: 'input',
			shownWhen,
			options: { min: 0, step: 0.1, placeholder: '0.5 – 1.5' },
		},
		seconds('ttl', 'entry.life'),
		seconds('max_age', 'flow.max_age'),
		seconds('stale_while_revalidate', 'flow.stale_while_revalidate'),
		seconds('stale_if_error', 'flow.stale_if_error'),
	];
	function select(field: string, name: FormField['name'], texts: Parameters<typeof choices>[0]): FormField {
		return { field, name, interface: 'select-dropdown', shownWhen, options: choices(texts) };
	}
}
