import type { AppField, DeepPartial } from '@directus/types';

/** English, German. */
export type Label = readonly [english: string, german: string];

/** The Studio writes its language on the document. */
const inGerman = (): boolean => typeof document !== 'undefined' && document.documentElement.lang.startsWith('de');

export const label = ([english, german]: Label): string => (inGerman() ? german : english);

export interface FormField {
	field: string;
	name: Label;
	type?: 'string' | 'text' | 'json' | 'integer' | 'float' | 'boolean';
	interface: string;
	width?: 'half' | 'full';
	note?: Label;
	required?: boolean;
	default?: string | number | boolean;
	options?: Record<string, unknown>;
	/** Shown only while this rule holds of the other values. */
	shownWhen?: Record<string, unknown>;
}

/** One option of a step, as Directus' forms take it. */
export function formField(described: FormField): DeepPartial<AppField> {
	const { field, name, type = 'string', width = 'half', note, required = false, options, shownWhen } = described;
	return {
		field,
		name: label(name),
		type,
		...(described.default !== undefined && { schema: { default_value: described.default } }),
		meta: {
			width,
			interface: described.interface,
			required,
			...(note && { note: label(note) }),
			...(options && { options }),
			...(shownWhen && {
				hidden: true,
				conditions: [{ name: 'shown', rule: shownWhen, hidden: false, readonly: false, required, options: {} }],
			}),
		},
	};
}

export const choices = (texts: Readonly<Record<string, Label>>): Record<string, unknown> => ({
	choices: Object.entries(texts).map(([value, text]) => ({ value, text: label(text) })),
	allowNone: true,
});
