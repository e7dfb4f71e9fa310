import type { JsonObject } from '../../shared/api-types.ts';
import { readEnding, refuseEnding } from '../shared/ending.ts';
import { isErrorBody } from '../shared/error-body.ts';
import { countOf, isPresent, objectOf, objectsOf, stringOf, stringOrNull } from '../json/json.ts';
import type { Admission, AdmissionSettings, AnswerReading, Confidence } from '../adapter.ts';
import {
	endingReason,
	logprobReason,
	reasonIf,
	scored,
	temperatureReason,
	textReason,
} from '../shared/confidence-signals.ts';

const TALK = new Set(['message', 'reasoning']);

const contentParts = (answer: JsonObject): JsonObject[] =>
	objectsOf(answer['output']).flatMap((item) => (item['type'] === 'message' ? objectsOf(item['content']) : []));

const callsSomething = (answer: JsonObject): boolean =>
	objectsOf(answer['output']).some(({ type }) => typeof type === 'string' && !TALK.has(type));

const hasRefusal = (answer: JsonObject): boolean => contentParts(answer).some(({ type }) => type === 'refusal');

function textOf(answer: JsonObject): string {
	return contentParts(answer)
		.map((part) => (part['type'] === 'output_text' ? stringOf(part['text']) : ''))
		.join('');
}

/**
 * Parses a `response` object, even a failed one. Returns null for any other body.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export function readResponse(answer: JsonObject): AnswerReading | null {
	const isError = isErrorBody(answer) && answer['status'] !== 'failed';
	if (isError || !Array.isArray(answer['output'])) return null;
	const { input_tokens: input, output_tokens: output } = objectOf(answer['usage']);
	return {
		text: textOf(answer),
		finishReason: readEnding(objectOf(answer['incomplete_details'])['reason']) ?? readEnding(answer['status']),
		usage: { input_tokens: countOf(input), output_tokens: countOf(output) },
		snapshot: stringOrNull(answer['model']),
		systemFingerprint: null,
	};
}

export function admitResponse(answer: JsonObject, settings: AdmissionSettings): Admission {
	const reason = refusedResponse(answer, settings);
	return reason === null ? { store: true } : { store: false, reason };
}

function refusedResponse(answer: JsonObject, settings: AdmissionSettings): string | null {
	const reading = readResponse(answer);
	if (!reading) return 'malformed';
	const reason = refuseEnding(reading.finishReason, settings.storeTruncated);
	if (reason !== null) return reason;
	if (hasRefusal(answer)) return 'refusal';
	if (objectsOf(answer['output']).some(failed)) return 'tool_error';
	if (objectsOf(answer['output']).some(ranInContainer) || contentParts(answer).some(namesContainerFile))
		return 'container';
	return reading.text.trim() === '' && !callsSomething(answer) ? 'empty' : null;
}

/** True for a failed search, interpreter or remote tool. */
const failed = ({ status, error }: JsonObject): boolean => status === 'failed' || isPresent(error);

/** Clients that return such a call continue in its container, which separate conversations must not share. */
const ranInContainer = ({ container_id: container, environment }: JsonObject): boolean =>
	isPresent(container) || isPresent(objectOf(environment)['container_id']);

/** True for a file that is deleted with its container, some minutes after the container's last use. */
const namesContainerFile = ({ annotations }: JsonObject): boolean =>
	objectsOf(annotations).some(({ type }) => type === 'container_file_citation');

export function responseConfidence(request: JsonObject, answer: JsonObject): Confidence {
	const parts = contentParts(answer);
	return scored([
		endingReason('status', readEnding(answer['status'])),
		logprobReason(parts.flatMap((part) => objectsOf(part['logprobs']))),
		temperatureReason(request, 0.3, 1.2),
		reasonIf(hasRefusal(answer), 'refusal', -0.5),
		reasonIf(
			parts.some((part) => objectsOf(part['annotations']).length > 0),
			'cited',
			0.1,
		),
		textReason(textOf(answer), callsSomething(answer)),
	]);
}
