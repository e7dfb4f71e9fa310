import type { Operation, Provider } from '../../shared/api-types.ts';

export interface CompatiblePath {
	provider: Provider;
	/** Path after the base path. */
	path: string;
	/** Null for the list of models. */
	operation: Operation | null;
}

const createPath = (provider: Provider, rest: string, operation: Operation | null): CompatiblePath => ({
	provider,
	path: `/${provider}${rest}`,
	operation,
});

/** All paths that a provider's SDK can call after its base URL is changed. */
export const COMPATIBLE_PATHS: readonly CompatiblePath[] = [
	createPath('openai', '/v1/chat/completions', 'chat'),
	createPath('openai', '/v1/embeddings', 'embeddings'),
	createPath('openai', '/v1/responses', 'responses'),
	createPath('openai', '/v1/models', null),
	createPath('anthropic', '/v1/messages', 'messages'),
	createPath('anthropic', '/v1/models', null),
	createPath('mistral', '/v1/chat/completions', 'chat'),
	createPath('mistral', '/v1/embeddings', 'embeddings'),
	createPath('mistral', '/v1/models', null),
	createPath('deepseek', '/chat/completions', 'chat'),
	createPath('deepseek', '/v1/chat/completions', 'chat'),
	createPath('deepseek', '/models', null),
	createPath('deepseek', '/v1/models', null),
];
