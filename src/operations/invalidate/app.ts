import { defineOperationApp } from '@directus/extensions-sdk';

import type { MessageKey } from '../../locales/index.ts';
import { translateText } from '../../locales/text.ts';
import { getProviderName } from '../form.ts';
import { buildInvalidateForm } from './form.ts';

/** The options that the step's card in the Flow shows, with their labels. */
const SHOWN: Readonly<Record<string, MessageKey>> = {
	collection: 'common.collection',
	items: 'flow.items',
	fields: 'flow.fields',
	tags: 'common.tags',
	provider: 'common.provider',
	model: 'common.model',
	key: 'flow.key',
};

/** Getters, because Directus reads the names again when the language of the Studio changes. */
export default defineOperationApp({
	id: 'ai-cache-invalidate',
	get name() {
		return translateText('flow.invalidate');
	},
	icon: 'delete_sweep',
	get description() {
		return translateText('flow.invalidate_copy');
	},
	overview: (options: Record<string, unknown>) => [
		...Object.entries(SHOWN).flatMap(([name, label]) => {
			const text = formatOption(getProviderName(options[name]));
			return text === '' ? [] : [{ label: translateText(label), text }];
		}),
		...(options['all'] === true ? [{ label: translateText('flow.covers'), text: translateText('flow.all') }] : []),
		...(options['dry_run'] === true
			? [{ label: translateText('flow.mode'), text: translateText('flow.dry_run') }]
			: []),
	],
	options: () => buildInvalidateForm(),
});

function formatOption(value: unknown): string {
	if (Array.isArray(value)) return value.join(', ');
	if (typeof value !== 'string' && typeof value !== 'number') return '';
	return String(value);
}
