import type { ProviderDialect } from '../adapter.ts';
import { admitMessage } from './cacheability.ts';
import { messageAssembler } from './stream-assembler.ts';
import { messageConfidence } from './confidence.ts';
import { anthropicErrorBody } from './error-body.ts';
import { anthropicFingerprintBody } from './key-normalization.ts';
import { messagesBody } from './build-request.ts';
import { readMessage } from './parse-response.ts';
import { replayMessage } from './replay-stream.ts';
import { anthropicState } from './stateful-requests.ts';
import { messageTextDelta } from './text-delta.ts';

/** https://docs.anthropic.com/en/api. Every version of the API accepts the key as `x-api-key`. */
export const anthropic: ProviderDialect = {
	name: 'anthropic',
	defaultBaseUrl: 'https://api.anthropic.com',
	nativeOperation: 'messages',
	operations: ['messages'],
	path: () => '/v1/messages',
	modelsPath: '/v1/models',
	authenticationHeaders: (apiKey) => ({ 'x-api-key': apiKey }),
	significantHeaders: ['anthropic-version', 'anthropic-beta', 'anthropic-user-profile-id', 'anthropic-workspace-id'],
	significantQuery: ['beta'],
	defaultHeaders: { 'anthropic-version': '2023-06-01' },
	toBody: messagesBody,
	fingerprintBody: (_operation, body) => anthropicFingerprintBody(body),
	uncacheable: (_operation, body) => anthropicState(body),
	read: (_operation, answer) => readMessage(answer),
	admit: (_operation, _request, answer, settings) => admitMessage(answer, settings),
	confidence: (_operation, request, answer) => messageConfidence(request, answer),
	errorBody: anthropicErrorBody,
	streaming: { stream: true },
	textDelta: messageTextDelta,
	assembler: messageAssembler,
	replay: (_operation, _request, answer) => replayMessage(answer),
};
