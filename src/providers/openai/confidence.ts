import type { JsonObject } from '../../contract.ts';
import { chatConfidence, type ChatSignals } from '../chat-completions/confidence.ts';
import { objectsOf } from '../json.ts';
import type { Confidence } from '../provider.ts';
import { reasonIf } from '../signals.ts';

/** Temperatures go from 0 to 2. https://platform.openai.com/docs/api-reference/chat/create */
const SIGNALS: ChatSignals = {
	lowTemperature: 0.3,
	highTemperature: 1.2,
	seed: 'seed',
	own: (_request, { annotations }) => [reasonIf(objectsOf(annotations).length > 0, 'cited', 0.1)],
};

export const openAiChatConfidence = (request: JsonObject, answer: JsonObject): Confidence =>
	chatConfidence(request, answer, SIGNALS);
