import type { JsonObject } from '../../shared/api-types.ts';
import { objectOf, stringOf } from '../json/json.ts';

/** The text that an event adds to the message, in its deltas or with a block's start. */
export function messageTextDelta(event: JsonObject): string {
	const delta = objectOf(event['delta']);
	if (event['type'] === 'content_block_delta' && delta['type'] === 'text_delta') return stringOf(delta['text']);
	const block = objectOf(event['content_block']);
	return event['type'] === 'content_block_start' && block['type'] === 'text' ? stringOf(block['text']) : '';
}
