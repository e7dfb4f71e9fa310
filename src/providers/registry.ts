import type { Provider } from '../shared/api-types.ts';
import { anthropic } from './anthropic/adapter.ts';
import { deepseek } from './deepseek/adapter.ts';
import { mistral } from './mistral/adapter.ts';
import { openai } from './openai/adapter.ts';
import type { ProviderDialect } from './adapter.ts';

export const dialects: Readonly<Record<Provider, ProviderDialect>> = { openai, anthropic, mistral, deepseek };
