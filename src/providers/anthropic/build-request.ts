import type { GenerationRequest, JsonObject } from '../../shared/api-types.ts';
import { countOf, objectOf } from '../json/json.ts';

/**
 * Anthropic requires `max_tokens`. This is the largest value that every Claude model accepts. It must exceed the
 * thinking budget.
 */
const DEFAULT_MAX_TOKENS = 4_096;

type NativeRequest = Pick<GenerationRequest, 'model' | 'prompt' | 'messages' | 'system' | 'params'>;

export function messagesBody({ model, prompt, messages, system, params }: NativeRequest): JsonObject {
	const { stream: _stream, ...parameters } = params ?? {};
	const { max_tokens: given, thinking } = parameters;
	const budget = objectOf(thinking)['budget_tokens'];
	return {
		...parameters,
		max_tokens: given ?? DEFAULT_MAX_TOKENS + countOf(budget),
		model,
		...(system === undefined ? {} : { system }),
		messages: messages ?? [{ role: 'user', content: prompt ?? '' }],
	};
}
