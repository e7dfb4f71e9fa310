import { defineModule } from '@directus/extensions-sdk';
import { translateText } from '../locales/text.ts';
import CollectionsPage from './pages/collections.vue';
import EntriesPage from './pages/entries.vue';
import JournalPage from './pages/journal.vue';
import OverviewPage from './pages/overview.vue';
import SettingsPage from './pages/settings.vue';
import WarmingPage from './pages/warming.vue';

/** The Studio module for administrators, at `/admin/ai-cache`. Its name follows the language of the Studio. */
export default defineModule({
	id: 'ai-cache',
	get name() {
		return translateText('title');
	},
	icon: 'cached',
	preRegisterCheck: (user) => (user as { admin_access?: boolean }).admin_access === true,
	routes: [
		{ name: 'ai-cache-overview', path: '', component: OverviewPage },
		{ name: 'ai-cache-collections', path: 'collections', component: CollectionsPage },
		{ name: 'ai-cache-entries', path: 'entries', component: EntriesPage },
		{ name: 'ai-cache-entry', path: 'entries/:key', component: EntriesPage },
		{ name: 'ai-cache-journal', path: 'journal', component: JournalPage },
		{ name: 'ai-cache-warming', path: 'warming', component: WarmingPage },
		{ name: 'ai-cache-settings', path: 'settings', component: SettingsPage },
	],
});
