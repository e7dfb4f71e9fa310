import type { JsonObject } from '../../contract.ts';
import { readEnding } from '../ending.ts';
import { objectsOf } from '../json.ts';
import type { Confidence } from '../provider.ts';
import { endingReason, reasonIf, scored, temperatureReason, textReason } from '../signals.ts';
import { callsTools, messageText } from './reading.ts';

/** Anthropic gives no log probabilities; its temperature goes from 0 to 1. */
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
