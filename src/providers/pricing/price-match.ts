/** Rule by which the price table selects the models of a price. */
export type ModelMatch =
	| { or: ModelMatch[] }
	| { and: ModelMatch[] }
	| { equals: string }
	| { starts_with: string }
	| { ends_with: string }
	| { contains: string }
	| { regex: string };

/** No model has a longer name, and each line of the price table would have to scan it. */
const MAX_NAME_LENGTH = 200;

/** Ignores the case of letters, except in regular expressions. */
export function matchesModel(match: ModelMatch, model: string): boolean {
	if (model.length > MAX_NAME_LENGTH) return false;
	const name = model.toLowerCase();
	if ('or' in match) return match.or.some((one) => matchesModel(one, model));
	if ('and' in match) return match.and.every((one) => matchesModel(one, model));
	if ('equals' in match) return name === match.equals.toLowerCase();
	if ('starts_with' in match) return name.startsWith(match.starts_with.toLowerCase());
	if ('ends_with' in match) return name.endsWith(match.ends_with.toLowerCase());
	if ('contains' in match) return name.includes(match.contains.toLowerCase());
	return new RegExp(match.regex).test(model);
}

const COMPACT_DATE = /-(20\d{2})(\d{2})(\d{2})(?=-|:|$)/g;

/** Writes `-20240513` as `-2024-05-13`: the table lists some snapshots with the other date format. */
export const withDashedDate = (model: string): string => model.replace(COMPACT_DATE, '-$1-$2-$3');
