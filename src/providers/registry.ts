import type { Provider } from '../contract.ts';
import { anthropic } from './anthropic/dialect.ts';
import { deepseek } from './deepseek/dialect.ts';
import { mistral } from './mistral/dialect.ts';
import { openai } from './openai/dialect.ts';
import type { ProviderDialect } from './provider.ts';

export const dialects: Readonly<Record<Provider, ProviderDialect>> = { openai, anthropic, mistral, deepseek };
