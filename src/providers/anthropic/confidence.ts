import type { JsonObject } from '../../shared/api-types.ts';
import { readEnding } from '../shared/ending.ts';
import { objectsOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';
import { endingReason, reasonIf, scored, temperatureReason, textReason } from '../shared/confidence-signals.ts';
import { callsTools, messageText } from './parse-response.ts';

/** Scores a message. Anthropic sends no log probabilities, and its temperature goes from 0 to 1. */
export function messageConfidence(request: JsonObject, answer: JsonObject): Confidence {
	const blocks = objectsOf(answer['content']);
	return scored([
		endingReason('stop_reason', readEnding(answer['stop_reason'])),
		temperatureReason(request, 0.2, 0.9),
		reasonIf(
			blocks.some(({ type }) => type === 'thinking' || type === 'redacted_thinking'),
			'reasoned',
			0.1,
		),
		reasonIf(
			blocks.some(({ citations }) => objectsOf(citations).length > 0),
			'cited',
			0.1,
		),
		textReason(messageText(answer), callsTools(answer)),
	]);
}
