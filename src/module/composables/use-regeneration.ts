import { ref, type Ref } from 'vue';
import type { GenerationAnswer } from '../../shared/api-types.ts';
import { parseApiFailure } from '../lib/api-failure.ts';
import { useAiCacheApi } from './use-ai-cache-api.ts';
import { useMessages } from './use-messages.ts';
import { useNotifications } from './use-notifications.ts';

const SHOWN_CHARACTERS = 160;

export interface Regeneration {
	regenerating: Ref<boolean>;
	regenerate: (key: string) => Promise<GenerationAnswer | null>;
}

/** Regenerates an entry and shows the result as a notification. Returns the answer; null if it failed. */
export function useRegeneration(): Regeneration {
	const api = useAiCacheApi();
	const messages = useMessages();
	const notifications = useNotifications();
	const regenerating = ref(false);

	async function regenerate(key: string): Promise<GenerationAnswer | null> {
		regenerating.value = true;

		try {
			const answer = await api.regenerate(key);
			notifications.notify({ title: messages.t('item.regenerated'), text: answer.text.slice(0, SHOWN_CHARACTERS) });
			return answer;
		} catch (error) {
			notifications.notify({
				title: messages.t('item.regenerate_failed', { message: parseApiFailure(error).message }),
				type: 'error',
			});
			return null;
		} finally {
			regenerating.value = false;
		}
	}

	return { regenerating, regenerate };
}
