import { PROVIDERS, type Provider } from '../../shared/api-types.ts';

/** The providers' own spelling of their names, the same in every language. */
export const PROVIDER_NAMES: Record<Provider, string> = {
	openai: 'OpenAI',
	anthropic: 'Anthropic',
	mistral: 'Mistral',
	deepseek: 'DeepSeek',
};

export const PROVIDER_CHOICES = PROVIDERS.map((provider) => ({ text: PROVIDER_NAMES[provider], value: provider }));
