import type { GenerationRequest, JsonObject } from '../../contract.ts';

/** `max_tokens` is demanded; the largest that every Claude model takes. */
const DEFAULT_MAX_TOKENS = 4_096;

type NativeRequest = Pick<GenerationRequest, 'model' | 'prompt' | 'messages' | 'system' | 'params'>;

export function messagesBody({ model, prompt, messages, system, params }: NativeRequest): JsonObject {
	const { stream: _stream, ...parameters } = params ?? {};
	return {
		max_tokens: DEFAULT_MAX_TOKENS,
		...parameters,
		model,
		...(system === undefined ? {} : { system }),
		messages: messages ?? [{ role: 'user', content: prompt ?? '' }],
	};
}
