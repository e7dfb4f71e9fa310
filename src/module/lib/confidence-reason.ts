/** Reasons of a confidence that the Studio has words for. */
export const KNOWN_REASONS = [
	'low_temperature',
	'high_temperature',
	'mean_logprob',
	'empty_text',
	'repeated_text',
	'cited',
	'reasoned',
	'refusal',
	'seeded',
] as const;

/** What providers call the word that says how an answer ended; `missing` stands for none. */
const ENDING = /^(?:finish_reason|stop_reason|status)_(.+)$/;

export type ConfidenceReason =
	| { kind: 'known'; name: (typeof KNOWN_REASONS)[number] }
	| { kind: 'ending'; word: string }
	| { kind: 'other'; text: string };

/** Reads the name that the server gives a reason; one that is not known reads as words without its underscores. */
export function parseReason(name: string): ConfidenceReason {
	const known = KNOWN_REASONS.find((reason) => reason === name);
	if (known) return { kind: 'known', name: known };
	const word = ENDING.exec(name)?.[1];
	if (word !== undefined && word !== 'missing') return { kind: 'ending', word };
	return { kind: 'other', text: name.replaceAll('_', ' ') };
}
