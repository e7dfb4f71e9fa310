import type { ConfidenceReason, JsonObject } from '../../shared/api-types.ts';
import { readEnding } from '../shared/ending.ts';
import { isPresent, objectOf, stringOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';
import {
	endingReason,
	logprobReason,
	reasonIf,
	scored,
	temperatureReason,
	textReason,
} from '../shared/confidence-signals.ts';
import { callsTools, choicesOf, contentText } from './parse-response.ts';

/** What differs between the providers that speak chat completions. */
export interface ChatSignals {
	/** Ends of the temperature scale that count. */
	lowTemperature: number;
	highTemperature: number;
	/** Parameter that asks for reproducible sampling. */
	seed: string;
	/** Further reasons of this provider's own. */
	own?: (request: JsonObject, message: JsonObject) => (ConfidenceReason | null)[];
}

/** Scored by the first choice, the one that callers read. */
export function chatConfidence(request: JsonObject, answer: JsonObject, signals: ChatSignals): Confidence {
	const choice = objectOf(choicesOf(answer)[0]);
	const message = objectOf(choice['message']);
	const mayBeEmpty = callsTools(message) || isPresent(message['audio']);
	return scored([
		endingReason('finish_reason', readEnding(choice['finish_reason'])),
		logprobReason(objectOf(choice['logprobs'])['content']),
		temperatureReason(request, signals.lowTemperature, signals.highTemperature),
		reasonIf(isPresent(request[signals.seed]), 'seeded', 0.05),
		reasonIf(stringOf(message['refusal']) !== '', 'refusal', -0.5),
		textReason(contentText(message['content']), mayBeEmpty),
		...(signals.own?.(request, message) ?? []),
	]);
}
