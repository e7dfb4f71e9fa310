import type { JsonObject } from '../../shared/api-types.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { isObject, parseObject } from '../json/json.ts';
import type { StreamAssembler } from '../adapter.ts';
import { saysNothing } from '../http/sse.ts';

/** Events that end a stream with the whole response. https://platform.openai.com/docs/api-reference/responses-streaming */
const TERMINAL = new Set(['response.completed', 'response.incomplete']);

/**
 * The last event holds the whole response. Some compatible servers omit its output, which earlier events then provide.
 */
export function responsesAssembler(): StreamAssembler {
	const items: { place: number; item: JsonObject }[] = [];
	let body: JsonObject | null = null;
	let failure: string | null = null;
	return {
		push({ event, data }) {
			if (saysNothing({ event, data })) return;
			const message = parseObject(data);
			const type = message?.['type'] ?? event;
			if (!message) failure ??= 'malformed';
			else if (isErrorBody({ ...message, type: type ?? null })) failure ??= 'error_event';
			else if (type === 'response.failed') failure ??= 'failed';
			else if (type === 'response.output_item.done' && isObject(message['item'])) {
				const { output_index: place, item } = message;
				items.push({ place: typeof place === 'number' ? place : items.length, item });
			} else if (typeof type === 'string' && TERMINAL.has(type) && isObject(message['response']))
				body = message['response'];
		},
		// Nothing to do: only the last event completes a response.
		end: () => undefined,
		weigh: () => JSON.stringify([body, items]).length,
		result() {
			if (failure !== null || body === null) return { complete: false, reason: failure ?? 'cut' };
			const empty = !Array.isArray(body['output']) || body['output'].length === 0;
			const output = [...items].sort((one, other) => one.place - other.place).map(({ item }) => item);
			return { complete: true, body: empty ? { ...body, output } : body };
		},
	};
}
