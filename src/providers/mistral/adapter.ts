import { admitChat } from '../chat-completions/cacheability.ts';
import { CHAT_FORM } from '../chat-completions/key-normalization.ts';
import { chatAssembler } from '../chat-completions/stream-assembler.ts';
import type { DeltaRules } from '../chat-completions/merge-delta.ts';
import { chatBody } from '../chat-completions/build-request.ts';
import { readChat } from '../chat-completions/parse-response.ts';
import { replayChat, type ReplayStyle } from '../chat-completions/replay-stream.ts';
import { chatTextDelta } from '../chat-completions/text-delta.ts';
import { admitEmbeddings, embeddingsConfidence, readEmbeddings } from '../embeddings/response.ts';
import { normalise } from '../json/normalize.ts';
import type { ProviderDialect } from '../adapter.ts';
import { neverWhole } from '../unstreamed.ts';
import { mistralConfidence } from './confidence.ts';
import { mistralErrorBody } from './errors.ts';

/**
 * Complete answers keep a tool call's `index`. A tool call arrives whole, or in pieces whose continuations have the id
 * "null"; the replay sends it whole. Usage arrives with the last chunk. `p` is padding in each chunk.
 */
const MERGING: DeltaRules = { keepToolIndex: true, padding: ['p'] };
const REPLAY: ReplayStyle = { wholeToolCalls: true, usage: 'always' };

/** https://docs.mistral.ai/api/ */
export const mistral: ProviderDialect = {
	name: 'mistral',
	defaultBaseUrl: 'https://api.mistral.ai',
	nativeOperation: 'chat',
	operations: ['chat', 'embeddings'],
	path: (operation) => (operation === 'embeddings' ? '/v1/embeddings' : '/v1/chat/completions'),
	modelsPath: '/v1/models',
	authenticationHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
	significantHeaders: [],
	significantQuery: [],
	defaultHeaders: {},
	toBody: chatBody,
	fingerprintBody: (_operation, body) => normalise(body, CHAT_FORM),
	uncacheable: () => null,
	read: (operation, answer) => (operation === 'embeddings' ? readEmbeddings(answer) : readChat(answer)),
	admit: (operation, request, answer, settings) =>
		operation === 'embeddings' ? admitEmbeddings(request, answer) : admitChat(answer, settings),
	confidence: (operation, request, answer) =>
		operation === 'embeddings' ? embeddingsConfidence() : mistralConfidence(request, answer),
	errorBody: mistralErrorBody,
	streaming: { stream: true },
	textDelta: chatTextDelta,
	assembler: (operation) => (operation === 'embeddings' ? neverWhole() : chatAssembler(MERGING)),
	replay: (operation, request, answer) => (operation === 'embeddings' ? [] : replayChat(request, answer, REPLAY)),
};
