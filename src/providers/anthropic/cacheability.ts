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
	// Clients go on in it: it ends within the hour, and is not to be shared by conversations that begin alike.
	if (isPresent(answer['container'])) return 'container';
	return reading.text.trim() === '' && !callsTools(answer) ? 'empty' : null;
}

/** The result of a tool that Anthropic or an MCP server ran, when it broke: `…_tool_result_error`, or `is_error`. */
function failed({ content, is_error: isError }: JsonObject): boolean {
	if (isError === true) return true;
	return isObject(content) && typeof content['type'] === 'string' && content['type'].endsWith('_error');
}
