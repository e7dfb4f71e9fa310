import type { JsonObject } from '../../shared/api-types.ts';
import { chatConfidence, type ChatSignals } from '../chat-completions/confidence.ts';
import { choicesOf } from '../chat-completions/parse-response.ts';
import { objectOf, stringOf } from '../json/json.ts';
import type { Confidence } from '../adapter.ts';
import { reasonIf } from '../shared/confidence-signals.ts';

/**
 * DeepSeek recommends 1.3 for conversation and 1.5 for poetry.
 * https://api-docs.deepseek.com/quick_start/parameter_settings
 */
const SIGNALS: ChatSignals = {
	lowTemperature: 0.3,
	highTemperature: 1.5,
	seed: 'seed',
	own: (_request, message) => [reasonIf(hasReasoned(message), 'reasoned', 0.1)],
};

/**
 * Scores an answer. A reasoning model accepts a temperature but ignores it.
 * https://api-docs.deepseek.com/guides/reasoning_model
 */
export function deepSeekConfidence(request: JsonObject, answer: JsonObject): Confidence {
	const reasoned = hasReasoned(objectOf(objectOf(choicesOf(answer)[0])['message']));
	const { temperature: _temperature, ...withoutTemperature } = request;
	return chatConfidence(reasoned ? withoutTemperature : request, answer, SIGNALS);
}

const hasReasoned = ({ reasoning_content: reasoning }: JsonObject): boolean => stringOf(reasoning) !== '';
