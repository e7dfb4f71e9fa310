/**
 * Installs, builds and starts a real Directus 12 with the bundle, then shows a miss, a hit, a Flow and an invalidation
 * for each provider. With `-- --exit` it ends afterwards, with exit code 0 only if every step had the expected result.
 */
import { ensureInstalled } from './support/install.mjs';
import { NODE, run } from './support/run.mjs';

// Ctrl+C reaches the demo itself, which shuts Directus down; this process waits for it.
process.on('SIGINT', () => undefined);

await ensureInstalled('.');
await ensureInstalled('sandbox/directus-12');
console.log('Building …');
const built = await run(NODE, ['node_modules/@directus/extensions-sdk/cli.js', 'build'], { quiet: true });
process.exitCode =
	built === 0
		? await run(NODE, ['--disable-warning=ExperimentalWarning', 'demo/main.ts', ...process.argv.slice(2)])
		: 1;
