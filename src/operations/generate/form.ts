import type { AppField, DeepPartial } from '@directus/types';

import { choices, formField, type FormField, label } from '../form.ts';

/** Suggestions alone: any model of the provider can be written. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
	openai: ['gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'],
	anthropic: ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'],
	mistral: ['mistral-large-latest', 'mistral-medium-latest', 'mistral-small-latest'],
	deepseek: ['deepseek-chat', 'deepseek-reasoner'],
};

export const PROVIDER_CHOICES = {
	openai: ['OpenAI', 'OpenAI'],
	anthropic: ['Anthropic', 'Anthropic'],
	mistral: ['Mistral', 'Mistral'],
	deepseek: ['DeepSeek', 'DeepSeek'],
} as const;

/** The form of the step "AI Cache: Generate"; the models that it suggests are those of the provider chosen. */
export function generateForm(options: Readonly<Record<string, unknown>>): DeepPartial<AppField>[] {
	const models = MODELS[String(options['provider'])] ?? Object.values(MODELS).flat();
	return [...question(models), ...content(), ...caching()].map(formField);
}

function question(models: readonly string[]): FormField[] {
	return [
		{
			field: 'provider',
			name: ['Provider', 'Anbieter'],
			interface: 'select-dropdown',
			required: true,
			options: { ...choices(PROVIDER_CHOICES), allowNone: false },
		},
		{
			field: 'model',
			name: ['Model', 'Modell'],
			interface: 'select-dropdown',
			required: true,
			options: { choices: models.map((value) => ({ value, text: value })), allowOther: true },
		},
		{
			field: 'prompt',
			name: ['Prompt', 'Prompt'],
			type: 'text',
			interface: 'input-multiline',
			width: 'full',
			note: [
				'{{$trigger.payload.title}} is a value of the flow; [[title]], [[author.first_name]] are fields of the item chosen below.',
				'{{$trigger.payload.title}} ist ein Wert des Flows; [[title]], [[author.first_name]] sind Felder des unten gewählten Eintrags.',
			],
		},
		{
			field: 'system',
			name: ['System prompt', 'System-Prompt'],
			type: 'text',
			interface: 'input-multiline',
			width: 'full',
		},
		json(
			'messages',
			['Messages', 'Nachrichten'],
			[
				'Instead of a prompt: a JSON list as the provider takes it.',
				'Statt eines Prompts: eine JSON-Liste, wie der Anbieter sie nimmt.',
			],
		),
		json(
			'params',
			['Parameters', 'Parameter'],
			[
				'Sent to the provider as they are, such as {"temperature": 0}.',
				'Gehen unverändert an den Anbieter, etwa {"temperature": 0}.',
			],
		),
	];
}

const json = (field: string, name: FormField['name'], note: NonNullable<FormField['note']>): FormField => ({
	field,
	name,
	note,
	type: 'json',
	interface: 'input-code',
	width: 'full',
	options: { language: 'json' },
});

function content(): FormField[] {
	const shownWhen = { collection: { _nempty: true } };
	return [
		{
			field: 'collection',
			name: ['Collection', 'Sammlung'],
			interface: 'system-collection',
			options: { includeSystem: true, includeSingleton: true },
			note: ['The content that the answer is made from.', 'Der Inhalt, aus dem die Antwort entsteht.'],
		},
		{
			field: 'item',
			name: ['Item', 'Eintrag'],
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.key}}' },
		},
		{
			field: 'items',
			name: ['Items', 'Einträge'],
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.keys}}' },
			note: [
				'Keys with commas, or a list. One answer for each.',
				'Schlüssel mit Kommas, oder eine Liste. Je Eintrag eine Antwort.',
			],
		},
		tags(
			'fields',
			['Fields', 'Felder'],
			[
				'More fields of the items that the answer depends on.',
				'Weitere Felder der Einträge, von denen die Antwort abhängt.',
			],
			shownWhen,
		),
		tags('tags', ['Tags', 'Tags'], ['Free tags, to invalidate by.', 'Freie Tags, um danach zu verwerfen.']),
	];
}

export function tags(
	field: string,
	name: FormField['name'],
	note: NonNullable<FormField['note']>,
	shownWhen?: Record<string, unknown>,
): FormField {
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
		options: { min: 0, placeholder: label(['Seconds', 'Sekunden']) },
	});
	return [
		{
			field: 'show_caching',
			name: ['Caching', 'Zwischenspeicher'],
			type: 'boolean',
			interface: 'boolean',
			default: false,
			width: 'full',
		},
		select('cache_mode', ['Mode', 'Modus'], {
			default: ['Answer from the cache, or ask', 'Aus dem Speicher, sonst fragen'],
			'no-cache': ['Ask anew, and store', 'Neu fragen und speichern'],
			'no-store': ['Ask anew, store nothing', 'Neu fragen, nichts speichern'],
			'only-if-cached': ['Never ask', 'Nie fragen'],
		}),
		select('scope', ['Shared with', 'Geteilt mit'], {
			shared: ['Everybody', 'Allen'],
			role: ['The same role', 'Derselben Rolle'],
			user: ['The same user', 'Demselben Benutzer'],
		}),
		select('content_type', ['Content type', 'Art des Inhalts'], {
			standard: ['Standard', 'Standard'],
			critical: ['Critical: shorter life', 'Kritisch: kürzere Dauer'],
			static: ['Static: longer life', 'Statisch: längere Dauer'],
		}),
		{
			field: 'confidence',
			name: ['Confidence', 'Vertrauen'],
			type: 'float',
			interface: 'input',
			shownWhen,
			options: { min: 0, step: 0.1, placeholder: '0.5 – 1.5' },
		},
		seconds('ttl', ['Time to live', 'Lebensdauer']),
		seconds('max_age', ['Oldest acceptable answer', 'Älteste brauchbare Antwort']),
		seconds('stale_while_revalidate', [
			'Serve stale while asking anew',
			'Veraltet ausliefern, während neu gefragt wird',
		]),
		seconds('stale_if_error', ['Serve stale on errors', 'Bei Fehlern veraltet ausliefern']),
	];
	function select(field: string, name: FormField['name'], texts: Parameters<typeof choices>[0]): FormField {
		return { field, name, interface: 'select-dropdown', shownWhen, options: choices(texts) };
	}
}
