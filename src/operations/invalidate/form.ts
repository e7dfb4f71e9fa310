import type { AppField, DeepPartial } from '@directus/types';

import { translateText } from '../../locales/text.ts';
import { buildChoices, buildFormField, type FormField, buildSwitch, PROVIDER_CHOICES } from '../form.ts';

/** Builds the form of "AI Cache: Invalidate". It invalidates the entries that match all criteria. */
export function buildInvalidateForm(): DeepPartial<AppField>[] {
	return [...buildCriteriaFields(), ...buildSwitches()].map(buildFormField);
}

function buildCriteriaFields(): FormField[] {
	const shownWhen = { collection: { _nempty: true } };
	return [
		{
			field: 'collection',
			name: 'common.collection',
			interface: 'system-collection',
			options: { includeSystem: true, includeSingleton: true },
		},
		{
			field: 'items',
			name: 'flow.items',
			interface: 'input',
			shownWhen,
			options: { placeholder: '{{$trigger.keys}}' },
			note: translateText('flow.items_copy'),
		},
		{ field: 'fields', name: 'flow.fields', type: 'json', interface: 'tags', shownWhen },
		{ field: 'tags', name: 'common.tags', type: 'json', interface: 'tags' },
		{
			field: 'provider',
			name: 'common.provider',
			interface: 'select-dropdown',
			options: buildChoices(PROVIDER_CHOICES),
		},
		{ field: 'model', name: 'common.model', interface: 'input' },
		{ field: 'key', name: 'flow.key', interface: 'input', width: 'full' },
	];
}

function buildSwitches(): FormField[] {
	return [
		{ ...buildSwitch('all', 'flow.all', 'flow.all_label'), note: translateText('flow.all_copy') },
		buildSwitch('dry_run', 'flow.dry_run', 'flow.dry_run_label'),
	];
}
