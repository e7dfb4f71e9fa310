import type { JsonObject } from '../../shared/api-types.ts';
import { refuseEnding } from '../shared/ending.ts';
import { isObject, isPresent, objectsOf } from '../json/json.ts';
import type { Admission, AdmissionSettings } from '../adapter.ts';
import { hasCutInput } from './content-block.ts';
import { callsTools, readMessage } from './parse-response.ts';

export function admitMessage(answer: JsonObject, settings: AdmissionSettings): Admission {
	const reason = refusedMessage(answer, settings);
	return reason === null ? { store: true } : { store: false, reason };
}

function refusedMessage(answer: JsonObject, settings: AdmissionSettings): string | null {
	const reading = readMessage(answer);
	if (!reading) return 'malformed';
	// https://docs.anthropic.com/en/api/handling-stop-reasons
	const reason = refuseEnding(reading.finishReason, settings.storeTruncated);
	if (reason !== null) return reason;
	if (objectsOf(answer['content']).some(hasCutInput)) return 'truncated';
	if (objectsOf(answer['content']).some(failed)) return 'tool_error';
	// Clients continue in the container. It expires within the hour, and separate conversations must not share it.
	if (isPresent(answer['container'])) return 'container';
	return reading.text.trim() === '' && !callsTools(answer) ? 'empty' : null;
}

/**
 * True for a failed tool of Anthropic or of an MCP server: the type ends in `_tool_result_error`, or `is_error` is set.
 */
function failed({ content, is_error: isError }: JsonObject): boolean {
	if (isError === true) return true;
	return isObject(content) && typeof content['type'] === 'string' && content['type'].endsWith('_error');
}
