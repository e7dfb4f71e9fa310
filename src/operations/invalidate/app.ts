import { defineOperationApp } from '@directus/extensions-sdk';

import { studioText } from '../../locales/text.ts';
import { invalidateForm } from './form.ts';

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
	overview: (options) =>
		['collection', 'items', 'fields', 'tags', 'provider', 'model', 'key', 'all', 'dry_run']
			.filter(
				(name) =>
					options[name] !== undefined && options[name] !== null && options[name] !== false && options[name] !== '',
			)
			.map((name) => ({ label: name, text: String(options[name]) })),
	options: () => invalidateForm(),
});
