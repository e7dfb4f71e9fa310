import type { JsonObject } from '../../contract.ts';
import { objectsOf } from '../json.ts';
import type { Confidence } from '../provider.ts';
import { endingReason, reasonIf, scored, temperatureReason, textReason } from '../signals.ts';
import { callsTools, messageText } from './reading.ts';

const ENDINGS: Readonly<Record<string, number>> = {
	end_turn: 0.1,
	stop_sequence: 0.1,
	tool_use: 0.1,
	max_tokens: -0.3,
	model_context_window_exceeded: -0.3,
	pause_turn: -0.3,
	refusal: -0.5,
};

/** Anthropic gives no log probabilities; its temperature goes from 0 to 1. */
export function messageConfidence(request: JsonObject, answer: JsonObject): Confidence {
	const blocks = objectsOf(answer['content']);
	const ending = typeof answer['stop_reason'] === 'string' ? answer['stop_reason'] : null;
	return scored([
		endingReason('stop_reason', ending, ENDINGS),
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
