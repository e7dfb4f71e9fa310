import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue';
import { useI18n } from 'vue-i18n';
import { createFormatter, type Formatter } from '../lib/format.ts';
import { UNKNOWN_TEXTS, type Worth } from '../lib/worth.ts';
import { FALLBACK_LOCALE, messages, type MessageKey } from '../../locales/index.ts';

export interface Messages {
	/** Returns the text of `key`. `values` fill its placeholders; `plural` selects its form. */
	t(key: MessageKey, values?: Record<string, string | number>, plural?: number): string;
	/** Returns the amount, or a dash and the reason why the amount is unknown. */
	formatWorth(worth: Worth): { text: string; reason: string | null };
	/** Formats figures for the user's locale. */
	format: ComputedRef<Formatter>;
}

const MESSAGES: InjectionKey<Messages> = Symbol('ai-cache-messages');

/** Texts and figures in the language of the Studio. A page and its components share one composer. */
export function useMessages(): Messages {
	const inherited = inject(MESSAGES, null);
	if (inherited) return inherited;

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
			plural === undefined
				? composer.t(key, isolateDirection(values))
				: composer.t(key, isolateDirection(values), { plural }),
		formatWorth: ({ usd, unknown }) =>
			unknown === null
				? { text: own.format.value.money(usd), reason: null }
				: { text: '–', reason: composer.t(UNKNOWN_TEXTS[unknown]) },
		format: computed(() => createFormatter(composer.locale.value)),
	};

	provide(MESSAGES, own);
	return own;
}

/**
 * Wraps values in directional isolates (UAX #9: FSI and PDI) if the page is right-to-left. Otherwise a left-to-right
 * value would reorder the sentence around it.
 */
function isolateDirection(values: Record<string, string | number>): Record<string, string | number> {
	if (document.documentElement.dir !== 'rtl') return values;
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `\u2068${value}\u2069`]));
}
