/** The confidence reasons that the Studio can translate. */
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

/** The fields in which providers report how an answer ended. The server writes `missing` if there is none. */
const ENDING = /^(?:finish_reason|stop_reason|status)_(.+)$/;

export type ConfidenceReason =
	| { kind: 'known'; name: (typeof KNOWN_REASONS)[number] }
	| { kind: 'ending'; word: string }
	| { kind: 'other'; text: string };

/** Parses the server's name of a reason. An unknown name becomes plain text without underscores. */
export function parseReason(name: string): ConfidenceReason {
	const known = KNOWN_REASONS.find((reason) => reason === name);
	if (known) return { kind: 'known', name: known };
	const word = ENDING.exec(name)?.[1];
	if (word !== undefined && word !== 'missing') return { kind: 'ending', word };
	return { kind: 'other', text: name.replaceAll('_', ' ') };
}
