import { defineOperationApp } from '@directus/extensions-sdk';

import { studioText } from '../../locales/text.ts';
import { providerName } from '../form.ts';
import { generateForm } from './form.ts';

/** Names are read anew by Directus whenever the language of the Studio changes. */
export default defineOperationApp({
	id: 'ai-cache-generate',
	get name() {
		return studioText('flow.generate');
	},
	icon: 'cached',
	get description() {
		return studioText('flow.generate_copy');
	},
	overview: (options: Record<string, unknown>) =>
		[
			{
				label: studioText('common.model'),
				text: [providerName(options['provider']), options['model']].filter(Boolean).join(' · '),
			},
			{ label: studioText('flow.content'), text: options['collection'] },
			{ label: studioText('flow.prompt'), text: options['prompt'] },
		].flatMap((line) =>
			typeof line.text === 'string' && line.text !== '' ? [{ label: line.label, text: line.text }] : [],
		),
	options: generateForm,
});
