/**
 * Writes src/providers/pricing/price-table.generated.ts from @pydantic/genai-prices. It keeps only the prices of the
 * four providers for input and output tokens, a small part of the package. Run it after the package was updated; a test
 * fails when it is due.
 */
import { writeFileSync } from 'node:fs';
import { findProvider } from '@pydantic/genai-prices';

const PROVIDERS = ['openai', 'anthropic', 'mistral', 'deepseek'];

const HEAD = `/**
 * USD per million tokens by provider and model, as JSON: parsed when the first price is asked, not when the bundle is
 * loaded. Written by scripts/update-prices.mjs from @pydantic/genai-prices (MIT, © Pydantic Services Inc.); not edited by hand.
 */
`;

const rate = (price) => (typeof price === 'object' ? { base: price.base, tiers: price.tiers } : price);

function variant({ constraint, prices }) {
	return {
		...(constraint ? { when: constraint } : {}),
		...(prices.input_mtok === undefined ? {} : { input: rate(prices.input_mtok) }),
		...(prices.output_mtok === undefined ? {} : { output: rate(prices.output_mtok) }),
	};
}

function models(provider) {
	return findProvider({ providerId: provider })
		.models.map(({ id, match, prices }) => ({
			id,
			match,
			prices: (Array.isArray(prices) ? prices : [{ prices }]).map(variant),
		}))
		.filter(({ prices }) => prices.some(({ input, output }) => input !== undefined || output !== undefined));
}

const lines = PROVIDERS.map(
	(provider) =>
		`"${provider}":[\n${models(provider)
			.map((model) => JSON.stringify(model))
			.join(',\n')}\n]`,
);

writeFileSync(
	new URL('../src/providers/pricing/price-table.generated.ts', import.meta.url),
	`${HEAD}export const PRICE_TABLE = String.raw\`{${lines.join(',')}}\`;\n`,
);
