import { definePanel } from '@directus/extensions-sdk';
import PanelSavings from './panel.vue';

/** Hit rate or savings over time on an Insights dashboard. */
export default definePanel({
	id: 'ai-cache-savings',
	name: 'AI Cache Savings',
	icon: 'savings',
	description: 'What the AI cache saves over time, in all or per provider',
	component: PanelSavings,
	minWidth: 12,
	minHeight: 8,
	options: [
		{
			field: 'measure',
			name: 'Measure',
			type: 'string',
			schema: { default_value: 'saved_usd' },
			meta: {
				interface: 'select-dropdown',
				width: 'half',
				options: {
					choices: [
						{ text: 'Money saved', value: 'saved_usd' },
						{ text: 'Hit rate', value: 'hit_rate' },
						{ text: 'Tokens saved', value: 'saved_tokens' },
					],
				},
			},
		},
		{
			field: 'period',
			name: '$t:date_range',
			type: 'string',
			schema: { default_value: '7d' },
			meta: {
				interface: 'select-dropdown',
				width: 'half',
				options: {
					choices: [
						{ text: 'Last hour', value: '1h' },
						{ text: 'Last 24 hours', value: '24h' },
						{ text: 'Last 7 days', value: '7d' },
						{ text: 'Last 30 days', value: '30d' },
					],
				},
			},
		},
		{
			field: 'byProvider',
			name: 'Per provider',
			type: 'boolean',
			schema: { default_value: true },
			meta: { interface: 'boolean', width: 'half', options: { label: 'One line per provider' } },
		},
	],
});
