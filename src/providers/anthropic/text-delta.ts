import type { JsonObject } from '../../shared/api-types.ts';
import { objectOf, stringOf } from '../json/json.ts';

/** Returns the text that an event adds to the message, by a delta or by the start of a block. */
export function messageTextDelta(event: JsonObject): string {
	const delta = objectOf(event['delta']);
	if (event['type'] === 'content_block_delta' && delta['type'] === 'text_delta') return stringOf(delta['text']);
	const block = objectOf(event['content_block']);
	return event['type'] === 'content_block_start' && block['type'] === 'text' ? stringOf(block['text']) : '';
}
