import type { AppField, DeepPartial } from '@directus/types';

import type { MessageKey } from '../locales/index.ts';
import { translateText } from '../locales/text.ts';

export interface FormField {
	field: string;
	name: MessageKey;
	type?: 'string' | 'text' | 'json' | 'integer' | 'float' | 'boolean';
	interface: string;
	width?: 'half' | 'full';
	note?: string;
	required?: boolean;
	default?: string | number | boolean;
	options?: Record<string, unknown>;
	/** Shown only while this rule holds of the other values. */
	shownWhen?: Record<string, unknown>;
}

/** One option of a step, as Directus' forms take it. */
export function buildFormField(described: FormField): DeepPartial<AppField> {
	const { field, name, type = 'string', width = 'half', note, required = false, options, shownWhen } = described;
	return {
		field,
		name: translateText(name),
		type,
		...(described.default !== undefined && { schema: { default_value: described.default } }),
		meta: {
			width,
			interface: described.interface,
			required,
			...(note !== undefined && { note }),
			...(options && { options }),
			...(shownWhen && {
				hidden: true,
				conditions: [{ name: 'shown', rule: shownWhen, hidden: false, readonly: false, required, options: {} }],
			}),
		},
	};
}

/** A tick that is off at first. `label` says what it does: Directus' own label says "Enabled", whatever it is about. */
export const buildSwitch = (field: string, name: MessageKey, label: MessageKey): FormField => ({
	field,
	name,
	type: 'boolean',
	interface: 'boolean',
	default: false,
	options: { label: translateText(label) },
});

/** Choices of a field, each a value with its text. */
export const buildChoices = (texts: Readonly<Record<string, string>>): Record<string, unknown> => ({
	choices: Object.entries(texts).map(([value, text]) => ({ value, text })),
	allowNone: true,
});

export const PROVIDER_CHOICES = {
	openai: 'OpenAI',
	anthropic: 'Anthropic',
	mistral: 'Mistral',
	deepseek: 'DeepSeek',
} as const;

/** A provider's own name for what the option holds; anything else as it is, as a value of the flow. */
export const getProviderName = (option: unknown): unknown =>
	Object.entries(PROVIDER_CHOICES).find(([provider]) => provider === option)?.[1] ?? option;
