import type { JsonObject } from '../../shared/api-types.ts';
import { objectsOf } from '../json/json.ts';
import { eventText } from '../http/sse.ts';
import { itemEvents, type ResponseEvent } from './responses-item-events.ts';

/**
 * A `response` as the events of its stream, in the documented order and numbered throughout. The stream ends with its
 * last event: there is no `[DONE]`. https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function replayResponse(answer: JsonObject): string[] {
	const begun = begunResponse(answer);
	const { status } = answer;
	const ending = `response.${status === 'incomplete' || status === 'failed' ? status : 'completed'}`;
	const events: ResponseEvent[] = [
		{ type: 'response.created', response: begun },
		{ type: 'response.in_progress', response: begun },
		...objectsOf(answer['output']).flatMap(itemEvents),
		{ type: ending, response: answer },
	];
	return events.map(({ type, ...event }, number) =>
		eventText(JSON.stringify({ type, sequence_number: number, ...event }), type),
	);
}

/** Returns the response as it was before any output. */
function begunResponse(answer: JsonObject): JsonObject {
	const { output_text: _text, ...response } = answer;
	const begun: JsonObject = { ...response, status: 'in_progress', output: [] };
	for (const name of ['usage', 'completed_at', 'incomplete_details']) if (name in begun) begun[name] = null;
	return begun;
}
