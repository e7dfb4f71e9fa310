import type { EntryDetail, GenerationRequest, JsonValue } from '../../contract.ts';

/**
 * The native request that generates an entry anew: same body, scope and dependencies, past the cache.
 * Null where that cannot be told: content hidden, or an operation that the native route does not speak.
 */
export function regenerationRequest(entry: EntryDetail): GenerationRequest | null {
	const { request, operation, provider, model, content_type, dependencies, tags, scope } = entry;
	if (!request || (operation !== 'chat' && operation !== 'messages')) return null;

	const { model: _model, stream: _stream, messages, system, ...params } = request;
	if (!Array.isArray(messages)) return null;

	return {
		provider,
		model,
		messages,
		...systemPart(system),
		params,
		content_type,
		tags,
		depends_on: dependencies,
		cache: { mode: 'no-cache', scope },
	};
}

function systemPart(system: JsonValue | undefined): { system?: string } {
	return typeof system === 'string' ? { system } : {};
}
