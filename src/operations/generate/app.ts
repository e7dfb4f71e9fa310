import { defineOperationApp } from '@directus/extensions-sdk';

import { translateText } from '../../locales/text.ts';
import { getProviderName } from '../form.ts';
import { buildGenerateForm } from './form.ts';

/** Getters, because Directus reads the names again when the language of the Studio changes. */
export default defineOperationApp({
	id: 'ai-cache-generate',
	get name() {
		return translateText('flow.generate');
	},
	icon: 'cached',
	get description() {
		return translateText('flow.generate_copy');
	},
	overview: (options: Record<string, unknown>) =>
		[
			{
				label: translateText('common.model'),
				text: [getProviderName(options['provider']), options['model']].filter(Boolean).join(' · '),
			},
			{ label: translateText('flow.content'), text: options['collection'] },
			{ label: translateText('flow.prompt'), text: options['prompt'] },
		].flatMap((line) =>
			typeof line.text === 'string' && line.text !== '' ? [{ label: line.label, text: line.text }] : [],
		),
	options: buildGenerateForm,
});
