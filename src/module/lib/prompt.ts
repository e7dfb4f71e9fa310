import type { JsonObject, JsonValue } from '../../contract.ts';

export interface Turn {
	role: string;
	text: string;
}

/**
 * The prompt in reading order, from any of the four dialects: `system`, `messages`, `input`, `instructions`.
 * Parts that are no text stand as their type in brackets.
 */
export function promptTurns(request: JsonObject): Turn[] {
	const turns: Turn[] = [];
	const system = request['system'] ?? request['instructions'];
	if (system !== undefined && system !== null) turns.push({ role: 'system', text: contentText(system) });

	const messages = request['messages'] ?? request['input'];
	if (typeof messages === 'string') turns.push({ role: 'user', text: messages });
	if (Array.isArray(messages)) turns.push(...messages.map(toTurn));

	return turns.filter((turn) => turn.text !== '');
}

function toTurn(message: JsonValue): Turn {
	if (!isObject(message)) return { role: 'user', text: contentText(message) };
	const role = typeof message['role'] === 'string' ? message['role'] : 'user';
	return { role, text: contentText(message['content'] ?? null) };
}

function contentText(content: JsonValue): string {
	if (typeof content === 'string') return content;
	if (Array.isArray(content)) return content.map(partText).filter(Boolean).join('\n');
	return content === null ? '' : partText(content);
}

function partText(part: JsonValue): string {
	if (typeof part === 'string') return part;
	if (!isObject(part)) return part === null ? '' : JSON.stringify(part);
	if (typeof part['text'] === 'string') return part['text'];
	return `[${typeof part['type'] === 'string' ? part['type'] : 'object'}]`;
}

function isObject(value: JsonValue): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
