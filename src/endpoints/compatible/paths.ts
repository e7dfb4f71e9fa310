import type { Operation, Provider } from '../../contract.ts';

export interface CompatiblePath {
	provider: Provider;
	/** After the base path. */
	path: string;
	/** Null for the list of models. */
	operation: Operation | null;
}

const path = (provider: Provider, rest: string, operation: Operation | null): CompatiblePath => ({
	provider,
	path: `/${provider}${rest}`,
	operation,
});

/** Everything that the providers' SDKs can ask here, given their base URL. */
export const COMPATIBLE_PATHS: readonly CompatiblePath[] = [
	path('openai', '/v1/chat/completions', 'chat'),
	path('openai', '/v1/embeddings', 'embeddings'),
	path('openai', '/v1/responses', 'responses'),
	path('openai', '/v1/models', null),
	path('anthropic', '/v1/messages', 'messages'),
	path('anthropic', '/v1/models', null),
	path('mistral', '/v1/chat/completions', 'chat'),
	path('mistral', '/v1/embeddings', 'embeddings'),
	path('mistral', '/v1/models', null),
	path('deepseek', '/chat/completions', 'chat'),
	path('deepseek', '/v1/chat/completions', 'chat'),
	path('deepseek', '/models', null),
	path('deepseek', '/v1/models', null),
];
