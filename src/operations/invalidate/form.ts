import type { AppField, DeepPartial } from '@directus/types';

import { choices, formField, type FormField } from '../form.ts';

/** The form of the step "AI Cache: Invalidate". What is chosen must all hold of an entry for it to go. */
export function invalidateForm(): DeepPartial<AppField>[] {
	return [...criteria(), ...switches()].map(formField);
}

function criteria(): FormField[] {
	const shownWhen = { collection: { _nempty: true } };
	return [
		{
			field: 'collection',
			name: ['Collection', 'Sammlung'],
			interface: 'system-collection',
			options: { includeSystem: true, includeSingleton: true },
		},
		{
			field: 'items',
			name: ['Items', 'Einträge'],
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.keys}}' },
			note: ['Keys with commas, or a list.', 'Schlüssel mit Kommas, oder eine Liste.'],
		},
		{ field: 'fields', name: ['Fields', 'Felder'], type: 'json', interface: 'tags', shownWhen },
		{ field: 'tags', name: ['Tags', 'Tags'], type: 'json', interface: 'tags' },
		{
			field: 'provider',
			name: ['Provider', 'Anbieter'],
			interface: 'select-dropdown',
			options: choices({
				openai: ['OpenAI', 'OpenAI'],
				anthropic: ['Anthropic', 'Anthropic'],
				mistral: ['Mistral', 'Mistral'],
				deepseek: ['DeepSeek', 'DeepSeek'],
			}),
		},
		{ field: 'model', name: ['Model', 'Modell'], interface: 'input' },
		{ field: 'key', name: ['Key of one entry', 'Schlüssel eines Speichereintrags'], interface: 'input', width: 'full' },
	];
}

function switches(): FormField[] {
	return [
		{
			field: 'all',
			name: ['Everything', 'Alles'],
			type: 'boolean',
			interface: 'boolean',
			default: false,
			note: ['Has to be on where nothing else is chosen.', 'Muss an sein, wo sonst nichts gewählt ist.'],
		},
		{
			field: 'dry_run',
			name: ['Count only', 'Nur zählen'],
			type: 'boolean',
			interface: 'boolean',
			default: false,
		},
	];
}
