import { admitChat } from '../chat-completions/cacheability.ts';
import { openAiErrorBody } from '../chat-completions/error-body.ts';
import { CHAT_FORM } from '../chat-completions/key-normalization.ts';
import { chatAssembler } from '../chat-completions/stream-assembler.ts';
import type { DeltaRules } from '../chat-completions/merge-delta.ts';
import { chatBody } from '../chat-completions/build-request.ts';
import { readChat } from '../chat-completions/parse-response.ts';
import { replayChat, type ReplayStyle } from '../chat-completions/replay-stream.ts';
import { chatTextDelta } from '../chat-completions/text-delta.ts';
import { normalise } from '../json/normalize.ts';
import type { ProviderDialect } from '../adapter.ts';
import { deepSeekConfidence } from './confidence.ts';

/** Complete answers keep a tool call's `index`. */
const MERGING: DeltaRules = { keepToolIndex: true, padding: [] };
const REPLAY: ReplayStyle = { wholeToolCalls: false, usage: 'always_asked_apart' };

/** https://api-docs.deepseek.com/api/create-chat-completion. The base URL with `/v1` is equivalent. */
export const deepseek: ProviderDialect = {
	name: 'deepseek',
	defaultBaseUrl: 'https://api.deepseek.com',
	nativeOperation: 'chat',
	operations: ['chat'],
	path: () => '/chat/completions',
	modelsPath: '/models',
	authenticationHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
	significantHeaders: [],
	significantQuery: [],
	defaultHeaders: {},
	toBody: chatBody,
	fingerprintBody: (_operation, body) => normalise(body, CHAT_FORM),
	uncacheable: () => null,
	read: (_operation, answer) => readChat(answer),
	admit: (_operation, _request, answer, settings) => admitChat(answer, settings),
	confidence: (_operation, request, answer) => deepSeekConfidence(request, answer),
	errorBody: openAiErrorBody,
	streaming: { stream: true, stream_options: { include_usage: true } },
	textDelta: chatTextDelta,
	assembler: () => chatAssembler(MERGING),
	replay: (_operation, request, answer) => replayChat(request, answer, REPLAY),
};
