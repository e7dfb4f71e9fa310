import type { JsonObject } from '../../contract.ts';
import { isObject, parseObject } from '../json.ts';
import type { StreamAssembler } from '../provider.ts';
import { saysNothing } from '../sse.ts';

/** Events that end a stream with the whole response. https://platform.openai.com/docs/api-reference/responses-streaming */
const TERMINAL = new Set(['response.completed', 'response.incomplete']);

/** The last event holds the whole response; some compatible servers leave its output to the events before it. */
export function responsesAssembler(): StreamAssembler {
	const items: JsonObject[] = [];
	let body: JsonObject | null = null;
	let failure: string | null = null;
	return {
		push({ event, data }) {
			if (saysNothing({ event, data })) return;
			const message = parseObject(data);
			const type = message?.['type'] ?? event;
			if (!message) failure ??= 'malformed';
			else if (type === 'error' || isObject(message['error'])) failure ??= 'error_event';
			else if (type === 'response.failed') failure ??= 'failed';
			else if (type === 'response.output_item.done' && isObject(message['item'])) items.push(message['item']);
			else if (typeof type === 'string' && TERMINAL.has(type) && isObject(message['response']))
				body = message['response'];
		},
		weigh: () => JSON.stringify([body, items]).length,
		result() {
			if (failure !== null || body === null) return { complete: false, reason: failure ?? 'cut' };
			const empty = !Array.isArray(body['output']) || body['output'].length === 0;
			return { complete: true, body: empty ? { ...body, output: items } : body };
		},
	};
}
