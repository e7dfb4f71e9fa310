import type { LocaleMessageValue, VueMessageType } from 'vue-i18n';
import type { Catalogue } from './catalogue.ts';
import deDE from './de-DE.ts';
import enUS from './en-US.ts';

export type { Catalogue, MessageKey } from './catalogue.ts';

export const FALLBACK_LOCALE = 'en-US';

const catalogues: Record<string, Catalogue> = { 'en-US': enUS, 'de-DE': deDE };

/**
 * All texts by the Studio's language tags. To add a language, copy and translate `en-US.ts` and `en-US/`, then add it to
 * `catalogues`.
 */
export const messages: Record<string, Record<string, LocaleMessageValue<VueMessageType>>> = catalogues;
