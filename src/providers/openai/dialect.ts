import type { Operation } from '../../contract.ts';
import { admitChat } from '../chat-completions/admission.ts';
import { openAiErrorBody } from '../chat-completions/errors.ts';
import { chatBody } from '../chat-completions/native.ts';
import { readChat } from '../chat-completions/reading.ts';
import { admitEmbeddings, embeddingsConfidence, readEmbeddings } from '../embeddings-answer.ts';
import type { ProviderDialect } from '../provider.ts';
import { neverWhole } from '../unstreamed.ts';
import { openAiChatConfidence } from './confidence.ts';
import { openAiFingerprintBody } from './fingerprint.ts';
import { admitResponse, readResponse, responseConfidence } from './responses-answer.ts';
import { openAiState } from './state.ts';

const PATHS: Partial<Record<Operation, string>> = {
	embeddings: '/embeddings',
	responses: '/responses',
};

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
	defaultHeaders: {},
	toBody: chatBody,
	fingerprintBody: openAiFingerprintBody,
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
	assembler: neverWhole,
	replay: () => [],
};
