import { defineOperationApp } from '@directus/extensions-sdk';

import type { MessageKey } from '../../locales/index.ts';
import { studioText } from '../../locales/text.ts';
import { providerName } from '../form.ts';
import { invalidateForm } from './form.ts';

/** What the step's card in the Flow shows of its options, by the names that the form has for them. */
const SHOWN: Readonly<Record<string, MessageKey>> = {
	collection: 'common.collection',
	items: 'flow.items',
	fields: 'flow.fields',
	tags: 'common.tags',
	provider: 'common.provider',
	model: 'common.model',
	key: 'flow.key',
};

/** Names are read anew by Directus whenever the language of the Studio changes. */
export default defineOperationApp({
	id: 'ai-cache-invalidate',
	get name() {
		return studioText('flow.invalidate');
	},
	icon: 'delete_sweep',
	get description() {
		return studioText('flow.invalidate_copy');
	},
	overview: (options: Record<string, unknown>) => [
		...Object.entries(SHOWN).flatMap(([name, label]) => {
			const text = textOf(providerName(options[name]));
			return text === '' ? [] : [{ label: studioText(label), text }];
		}),
		...(options['all'] === true ? [{ label: studioText('flow.covers'), text: studioText('flow.all') }] : []),
		...(options['dry_run'] === true ? [{ label: studioText('flow.mode'), text: studioText('flow.dry_run') }] : []),
	],
	options: () => invalidateForm(),
});

function textOf(value: unknown): string {
	if (Array.isArray(value)) return value.join(', ');
	if (typeof value !== 'string' && typeof value !== 'number') return '';
	return String(value);
}
