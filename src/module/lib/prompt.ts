import type { JsonObject, JsonValue } from '../../shared/api-types.ts';

export interface PromptTurn {
	role: string;
	text: string;
}

/**
 * Returns the prompt in reading order from `system`, `messages`, `input` or `instructions`, whichever the provider uses.
 * Parts without text become their type in brackets.
 */
export function parsePromptTurns(request: JsonObject): PromptTurn[] {
	const turns: PromptTurn[] = [];
	const system = request['system'] ?? request['instructions'];
	if (system !== undefined && system !== null) turns.push({ role: 'system', text: readContentText(system) });

	const messages = request['messages'] ?? request['input'];
	if (typeof messages === 'string') turns.push({ role: 'user', text: messages });
	if (Array.isArray(messages)) turns.push(...messages.map(parseTurn));

	return turns.filter((turn) => turn.text !== '');
}

function parseTurn(message: JsonValue): PromptTurn {
	if (!isObject(message)) return { role: 'user', text: readContentText(message) };
	const role = typeof message['role'] === 'string' ? message['role'] : 'user';
	return { role, text: readContentText(message['content'] ?? null) };
}

function readContentText(content: JsonValue): string {
	if (typeof content === 'string') return content;
	if (Array.isArray(content)) return content.map(readPartText).filter(Boolean).join('\n');
	return content === null ? '' : readPartText(content);
}

function readPartText(part: JsonValue): string {
	if (typeof part === 'string') return part;
	if (!isObject(part)) return part === null ? '' : JSON.stringify(part);
	if (typeof part['text'] === 'string') return part['text'];
	return `[${typeof part['type'] === 'string' ? part['type'] : 'object'}]`;
}

function isObject(value: JsonValue): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
