import { defineInterface } from '@directus/extensions-sdk';
import ItemAnswers from './interface.vue';

/** A field of an item's page that lists what was generated from it. */
export default defineInterface({
	id: 'ai-cache-item',
	name: 'AI Answers',
	icon: 'cached',
	description: 'Lists the cached AI answers made from this item, to regenerate or invalidate',
	component: ItemAnswers,
	hideLabel: true,
	hideLoader: true,
	types: ['alias'],
	localTypes: ['presentation'],
	group: 'presentation',
	options: [],
});
