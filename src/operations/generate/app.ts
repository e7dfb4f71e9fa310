import { defineOperationApp } from '@directus/extensions-sdk';

import { label } from '../form.ts';
import { generateForm } from './form.ts';

export default defineOperationApp({
	id: 'ai-cache-generate',
	name: 'AI Cache: Generate',
	icon: 'cached',
	description: label([
		'Answer a prompt from the cache, or by an AI provider',
		'Einen Prompt aus dem Speicher beantworten, oder von einem KI-Anbieter',
	]),
	overview: (options: Record<string, unknown>) =>
		[
			{ label: label(['Model', 'Modell']), text: [options['provider'], options['model']].filter(Boolean).join(' · ') },
			{ label: label(['Content', 'Inhalt']), text: options['collection'] },
			{ label: 'Prompt', text: options['prompt'] },
		].flatMap((line) =>
			typeof line.text === 'string' && line.text !== '' ? [{ label: line.label, text: line.text }] : [],
		),
	options: generateForm,
});
