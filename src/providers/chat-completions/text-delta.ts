import type { JsonObject } from '../../shared/api-types.ts';
import { objectOf, objectsOf } from '../json/json.ts';
import { contentText } from './parse-response.ts';

/** Returns the text that a chunk adds to the first choice's answer, without reasoning. */
export function chatTextDelta(chunk: JsonObject): string {
	const first = objectsOf(chunk['choices']).find(({ index = 0 }) => index === 0);
	return contentText(objectOf(first?.['delta'])['content']);
}
