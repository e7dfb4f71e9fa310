import type enUS from './en-US.ts';

type Widen<Texts> = { [Name in keyof Texts]: Texts[Name] extends string ? string : Widen<Texts[Name]> };

type Paths<Texts> = {
	[Name in keyof Texts & string]: Texts[Name] extends string ? Name : `${Name}.${Paths<Texts[Name]>}`;
}[keyof Texts & string];

/** The texts that every language must contain. */
export type Catalogue = Widen<typeof enUS>;

/** The dotted path of a text, for example `common.cancel`. */
export type MessageKey = Paths<typeof enUS>;
