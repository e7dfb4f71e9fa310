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
	/** The field is visible only if the other values match this rule. */
	shownWhen?: Record<string, unknown>;
}

/** Builds the Directus field of one option. */
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

/** Builds a checkbox that is off by default. Without `label`, Directus would show "Enabled". */
export const buildSwitch = (field: string, name: MessageKey, label: MessageKey): FormField => ({
	field,
	name,
	type: 'boolean',
	interface: 'boolean',
	default: false,
	options: { label: translateText(label) },
});

/** Builds the choices of a field from values and their texts. */
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

/** Returns the provider's display name; anything else unchanged, for example a value of the Flow. */
export const getProviderName = (option: unknown): unknown =>
	Object.entries(PROVIDER_CHOICES).find(([provider]) => provider === option)?.[1] ?? option;
