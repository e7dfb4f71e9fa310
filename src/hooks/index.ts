import type { HookConfig } from '@directus/types';
import type { Application } from 'express';
import type { HostContext } from '../services/host.ts';
import { getRuntime, latestRuntime } from '../host/container.ts';
import { type Program, registerCommands } from './cli/commands.ts';
import { registerContentEvents } from './content-events.ts';
import { mountExpressLane } from './middleware/fast-path.ts';
import { mountReadYourOwnWrite } from './middleware/read-your-writes.ts';
import { mountProviderErrors } from './middleware/provider-errors.ts';

/** Not wrapped in Directus' `defineHook`: it only returns its argument, but loads a second copy of zod. */
const register: HookConfig = ({ action, filter, init, schedule }, context) => {
	const host = context as unknown as HostContext;
	const runtime = getRuntime(host);
	runtime.listening = true;

	init('middlewares.before', ({ app }) => {
		mountExpressLane(app as Application, () => {
			const latest = latestRuntime();
			return latest?.listening ? latest.lane : null;
		});
		mountReadYourOwnWrite(app as Application, {
			settled: () => latestRuntime()?.invalidator.settled() ?? null,
			repeat: (tags) => latestRuntime()?.invalidator.repeat(tags) ?? Promise.resolve(),
		});
	});

	init('routes.custom.after', ({ app }) => mountProviderErrors(app as Application));

	init('cli.before', ({ program }) => registerCommands(program as Program, host));

	registerContentEvents({ action, filter }, runtime, host);

	action('server.stop', () => runtime.close());

	const {
		AI_CACHE_WARM_SCHEDULE: cron,
		AI_CACHE_WARM_TOP: top,
		AI_CACHE_WARM_BUDGET: budget,
	} = runtime.settings.values;
	if (cron !== undefined) {
		schedule(cron, async () => {
			await runtime.warmer.top(top, budget);
		});
	}
};
export default register;
