/**
 * Installs, builds and starts a real Directus 12 with the bundle, then shows a miss, a hit, a Flow and an invalidation
 * for each provider. `-- --exit` ends when that is done, with 0 only if all of it was as it should be.
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
