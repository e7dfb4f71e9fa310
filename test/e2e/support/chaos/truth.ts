/** What is true in one test run, as its clients know it: only what Directus has acknowledged counts. */
export interface Truth {
	/** By article: the version of the last acknowledged change. */
	readonly versions: Map<number, number>;
	readonly callers: Caller[];
}

export interface Caller {
	readonly id: string;
	readonly name: string;
	readonly token: string;
	/** `changing` while a write is under way, when either answer is right. */
	access: 'granted' | 'changing' | 'revoked';
	/** Rises with each change of `access`. */
	epoch: number;
	/** When `access` last changed. */
	changed: number;
	/** What was taken away last: status, role or token. */
	revoked: string;
}

export function setAccess(caller: Caller, access: Caller['access']): void {
	caller.access = access;
	caller.epoch++;
	caller.changed = performance.now();
}

/** What the article's title says when it has that version. */
export const writeTitle = (version: number): string => `version ${version}`;
export const readTitle = (title: string): number => Number(title.replace('version ', ''));

/** The text of an answer that was made when the article had that version. */
export const writeAnswer = (article: number, version: number): string => `article ${article} version ${version}.`;

/** The version that an answer names, or null if it is about another article or no answer at all. */
export function readAnswer(article: number, text: string): number | null {
	const [, about, version] = /^article (\d+) version (\d+)\.$/.exec(text) ?? [];
	return Number(about) === article ? Number(version) : null;
}

export const promptFor = (article: number): string => `About article ${article}`;
