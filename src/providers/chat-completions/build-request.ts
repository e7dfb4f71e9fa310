import type { GenerationRequest, JsonObject, JsonValue } from '../../shared/api-types.ts';

type NativeRequest = Pick<GenerationRequest, 'model' | 'prompt' | 'messages' | 'system' | 'params'>;

/** A native request as chat completions: `system` becomes the first message, `prompt` one of the user's. */
export function chatBody({ model, prompt, messages, system, params }: NativeRequest): JsonObject {
	const { stream: _stream, stream_options: _options, ...parameters } = params ?? {};
	return { ...parameters, model, messages: conversation(prompt, messages, system) };
}

function conversation(prompt?: string, messages?: JsonValue[], system?: string): JsonValue[] {
	const turns = messages ?? [{ role: 'user', content: prompt ?? '' }];
	return system === undefined ? turns : [{ role: 'system', content: system }, ...turns];
}
