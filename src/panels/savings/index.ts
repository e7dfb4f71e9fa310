import { definePanel } from '@directus/extensions-sdk';
import type { AppField, DeepPartial } from '@directus/types';
import { studioText } from '../../locales/text.ts';
import { MEASURES } from '../../module/lib/panel.ts';
import { PERIODS } from '../../module/lib/period.ts';
import PanelSavings from './panel.vue';

/** Hit rate or savings over time on an Insights dashboard. Names are read anew whenever the Studio's language changes. */
export default definePanel({
	id: 'ai-cache-savings',
	get name() {
		return studioText('panel.name');
	},
	icon: 'savings',
	get description() {
		return studioText('panel.copy');
	},
	component: PanelSavings,
	minWidth: 12,
	minHeight: 8,
	get options() {
		return form();
	},
});

function form(): DeepPartial<AppField>[] {
	return [
		dropdown(
			'measure',
			studioText('panel.measure'),
			'saved_usd',
			MEASURES.map((value) => ({ value, text: studioText(`panel.measures.${value}`) })),
		),
		dropdown(
			'period',
			studioText('period.label'),
			'7d',
			PERIODS.map((value) => ({ value, text: studioText(`period.${value}`) })),
		),
		{
			field: 'byProvider',
			name: studioText('panel.by_provider'),
			type: 'boolean',
			schema: { default_value: true },
			meta: { interface: 'boolean', width: 'half', options: { label: studioText('panel.by_provider_copy') } },
		},
	];
}

function dropdown(
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
