import type { ConfidenceReason, JsonObject, JsonValue } from '../../shared/api-types.ts';
import { classifyEnding, type EndingKind } from './ending.ts';
import { objectsOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';

/** Adds the effects of the reasons to 1, without floating-point noise. */
export function scored(reasons: readonly (ConfidenceReason | null)[]): Confidence {
	const effective = reasons.filter((reason) => reason !== null && reason.effect !== 0) as ConfidenceReason[];
	return { score: hundredths(effective.reduce((score, { effect }) => score + effect, 1)), reasons: effective };
}

const ENDING_EFFECTS: Readonly<Record<EndingKind, number>> = {
	complete: 0.1,
	truncated: -0.3,
	paused: -0.3,
	filtered: -0.5,
	failed: -0.5,
	unknown: -0.2,
	missing: -0.2,
};

/** A reason for how the answer ended, by the provider's own word. */
export function endingReason(prefix: string, word: string | null): ConfidenceReason {
	return { name: `${prefix}_${word ?? 'missing'}`, effect: ENDING_EFFECTS[classifyEnding(word)] };
}

/** Only a temperature near an end of the provider's scale counts. */
export function temperatureReason(request: JsonObject, low: number, high: number): ConfidenceReason | null {
	const { temperature } = request;
	if (typeof temperature !== 'number') return null;
	if (temperature <= low) return { name: 'low_temperature', effect: 0.1 };
	return temperature >= high ? { name: 'high_temperature', effect: -0.2 } : null;
}

/** Mean probability of the answer's tokens: 0.8 is neutral, from −0.3 to +0.2. */
export function logprobReason(tokens: JsonValue | undefined): ConfidenceReason | null {
	const logprobs = objectsOf(tokens).flatMap(({ logprob }) => (typeof logprob === 'number' ? [logprob] : []));
	if (logprobs.length === 0) return null;
	const probability = Math.exp(logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length);
	return { name: 'mean_logprob', effect: hundredths(Math.max(-0.3, Math.min(0.2, probability - 0.8))) };
}

/** Penalizes text that is empty or repeats itself. */
export function textReason(text: string, mayBeEmpty: boolean): ConfidenceReason | null {
	if (text.trim() === '') return mayBeEmpty ? null : { name: 'empty_text', effect: -0.5 };
	return isRepeated(text) ? { name: 'repeated_text', effect: -0.3 } : null;
}

export const reasonIf = (condition: boolean, name: string, effect: number): ConfidenceReason | null =>
	condition ? { name, effect } : null;

const REPETITION_WINDOW = 6_000;
const REPETITION_MIN_WORDS = 40;
const REPETITION_MAX_DISTINCT = 0.4;

/** True if most three-word sequences at the text's end occurred before: a stuck model writes like this. */
export function isRepeated(text: string): boolean {
	const words = text.slice(-REPETITION_WINDOW).split(/\s+/);
	if (words.length < REPETITION_MIN_WORDS) return false;
	const sequences = new Set<string>();
	for (let index = 2; index < words.length; index++) sequences.add(words.slice(index - 2, index + 1).join(' '));
	return sequences.size / (words.length - 2) < REPETITION_MAX_DISTINCT;
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;
