import type { Operation } from '../../shared/api-types.ts';
import { admitChat } from '../chat-completions/cacheability.ts';
import { openAiErrorBody } from '../chat-completions/error-body.ts';
import { chatAssembler } from '../chat-completions/stream-assembler.ts';
import type { DeltaRules } from '../chat-completions/merge-delta.ts';
import { chatBody } from '../chat-completions/build-request.ts';
import { readChat } from '../chat-completions/parse-response.ts';
import { replayChat, type ReplayStyle } from '../chat-completions/replay-stream.ts';
import { chatTextDelta } from '../chat-completions/text-delta.ts';
import { admitEmbeddings, embeddingsConfidence, readEmbeddings } from '../embeddings/response.ts';
import type { ProviderDialect } from '../adapter.ts';
import { neverWhole } from '../unstreamed.ts';
import { openAiChatConfidence } from './confidence.ts';
import { openAiFingerprintBody } from './key-normalization.ts';
import { admitResponse, readResponse, responseConfidence } from './responses-parse.ts';
import { responseEcho } from './responses-echo.ts';
import { replayResponse } from './responses-replay.ts';
import { responsesAssembler } from './responses-assembler.ts';
import { openAiState } from './stateful-requests.ts';

const PATHS: Partial<Record<Operation, string>> = {
	embeddings: '/embeddings',
	responses: '/responses',
};

const MERGING: DeltaRules = { keepToolIndex: false, padding: [] };
const REPLAY: ReplayStyle = { wholeToolCalls: false, usage: 'when_asked' };

/** https://platform.openai.com/docs/api-reference */
export const openai: ProviderDialect = {
	name: 'openai',
	defaultBaseUrl: 'https://api.openai.com/v1',
	nativeOperation: 'chat',
	operations: ['chat', 'embeddings', 'responses'],
	path: (operation) => PATHS[operation] ?? '/chat/completions',
	modelsPath: '/models',
	authenticationHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
	significantHeaders: ['openai-beta'],
	significantQuery: [],
	defaultHeaders: {},
	toBody: chatBody,
	fingerprintBody: openAiFingerprintBody,
	echo: responseEcho,
	uncacheable: openAiState,
	read(operation, answer) {
		if (operation === 'responses') return readResponse(answer);
		return operation === 'embeddings' ? readEmbeddings(answer) : readChat(answer);
	},
	admit(operation, request, answer, settings) {
		if (operation === 'responses') return admitResponse(answer, settings);
		return operation === 'embeddings' ? admitEmbeddings(request, answer) : admitChat(answer, settings);
	},
	confidence(operation, request, answer) {
		if (operation === 'responses') return responseConfidence(request, answer);
		return operation === 'embeddings' ? embeddingsConfidence() : openAiChatConfidence(request, answer);
	},
	errorBody: openAiErrorBody,
	streaming: { stream: true, stream_options: { include_usage: true } },
	textDelta: chatTextDelta,
	assembler(operation) {
		if (operation === 'responses') return responsesAssembler();
		return operation === 'embeddings' ? neverWhole() : chatAssembler(MERGING);
	},
	replay(operation, request, answer) {
		if (operation === 'responses') return replayResponse(answer);
		return operation === 'embeddings' ? [] : replayChat(request, answer, REPLAY);
	},
};
