import { defineOperationApp } from '@directus/extensions-sdk';

import { label } from '../form.ts';
import { invalidateForm } from './form.ts';

export default defineOperationApp({
	id: 'ai-cache-invalidate',
	name: 'AI Cache: Invalidate',
	icon: 'delete_sweep',
	description: label(['Drop cached AI answers', 'Gespeicherte KI-Antworten verwerfen']),
	overview: (options) =>
		['collection', 'items', 'fields', 'tags', 'provider', 'model', 'key', 'all', 'dry_run']
			.filter(
				(name) =>
					options[name] !== undefined && options[name] !== null && options[name] !== false && options[name] !== '',
			)
			.map((name) => ({ label: name, text: String(options[name]) })),
	options: () => invalidateForm(),
});
