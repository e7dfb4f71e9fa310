import type { LocaleMessageValue, VueMessageType } from 'vue-i18n';
import deDE from './de-DE.ts';
import enUS from './en-US.ts';

export const FALLBACK_LOCALE = 'en-US';

/** The shape that every language has to fill, placeholders included. */
export type Catalogue = Widen<typeof enUS>;

type Widen<Texts> = { [Name in keyof Texts]: Texts[Name] extends string ? string : Widen<Texts[Name]> };

type Paths<Texts> = {
	[Name in keyof Texts & string]: Texts[Name] extends string ? Name : `${Name}.${Paths<Texts[Name]>}`;
}[keyof Texts & string];

export type MessageKey = Paths<typeof enUS>;

const catalogues: Record<string, Catalogue> = { 'en-US': enUS, 'de-DE': deDE };

/** Tags are those of the Studio. To add a language: copy `en-US.ts`, translate it, name it here. */
export const messages: Record<string, Record<string, LocaleMessageValue<VueMessageType>>> = catalogues;
