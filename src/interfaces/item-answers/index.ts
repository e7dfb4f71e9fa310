import { defineInterface } from '@directus/extensions-sdk';
import { translateText } from '../../locales/text.ts';
import ItemAnswers from './interface.vue';

/** A field on an item's page that lists the answers based on it. Its name follows the language of the Studio. */
export default defineInterface({
	id: 'ai-cache-item',
	get name() {
		return translateText('item.name');
	},
	icon: 'cached',
	get description() {
		return translateText('item.copy');
	},
	component: ItemAnswers,
	hideLabel: true,
	hideLoader: true,
	types: ['alias'],
	localTypes: ['presentation'],
	group: 'presentation',
	options: [],
});
