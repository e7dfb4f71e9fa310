import { definePanel } from '@directus/extensions-sdk';
import type { AppField, DeepPartial } from '@directus/types';
import { translateText } from '../../locales/text.ts';
import { MEASURES } from '../../module/lib/savings-panel.ts';
import { PERIODS } from '../../module/lib/period.ts';
import PanelSavings from './panel.vue';

/** Hit rate or savings over time on an Insights dashboard. Getters, because the language of the Studio can change. */
export default definePanel({
	id: 'ai-cache-savings',
	get name() {
		return translateText('panel.name');
	},
	icon: 'savings',
	get description() {
		return translateText('panel.copy');
	},
	component: PanelSavings,
	minWidth: 12,
	minHeight: 8,
	get options() {
		return buildForm();
	},
});

function buildForm(): DeepPartial<AppField>[] {
	return [
		buildDropdown(
			'measure',
			translateText('panel.measure'),
			'saved_usd',
			MEASURES.map((value) => ({ value, text: translateText(`panel.measures.${value}`) })),
		),
		buildDropdown(
			'period',
			translateText('period.label'),
			'7d',
			PERIODS.map((value) => ({ value, text: translateText(`period.${value}`) })),
		),
		{
			field: 'byProvider',
			name: translateText('panel.by_provider'),
			type: 'boolean',
			schema: { default_value: true },
			meta: { interface: 'boolean', width: 'half', options: { label: translateText('panel.by_provider_copy') } },
		},
	];
}

function buildDropdown(
	field: string,
	name: string,
	byDefault: string,
	choices: { value: string; text: string }[],
): DeepPartial<AppField> {
	return {
		field,
		name,
		type: 'string',
		schema: { default_value: byDefault },
		meta: { interface: 'select-dropdown', width: 'half', options: { choices } },
	};
}
