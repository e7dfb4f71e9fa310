import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue';
import { useI18n } from 'vue-i18n';
import { createFormatter, type Formatter } from '../lib/format.ts';
import { FALLBACK_LOCALE, messages, type MessageKey } from '../locales/index.ts';

export interface Messages {
	/** The text of `key`; `values` fill its placeholders, `plural` picks its form. */
	t(key: MessageKey, values?: Record<string, string | number>, plural?: number): string;
	/** Figures in the user's locale. */
	format: ComputedRef<Formatter>;
}

const MESSAGES: InjectionKey<Messages> = Symbol('ai-cache-messages');

/** The user's language: one composer for a page and all that is inside it, following the locale of the Studio. */
export function useMessages(): Messages {
	const around = inject(MESSAGES, null);
	if (around) return around;

	const composer = useI18n({
		useScope: 'local',
		inheritLocale: true,
		fallbackLocale: FALLBACK_LOCALE,
		messages,
		missingWarn: false,
		fallbackWarn: false,
	});

	const own: Messages = {
		t: (key, values = {}, plural) =>
			plural === undefined ? composer.t(key, values) : composer.t(key, values, { plural }),
		format: computed(() => createFormatter(composer.locale.value)),
	};

	provide(MESSAGES, own);
	return own;
}
