import { afterAll, afterEach } from 'vitest';

import { recentLogs, stopAll } from './directus.ts';

afterEach(({ task }) => {
	if (task.result?.state === 'fail') console.error(`${task.name} failed; Directus said:\n${recentLogs()}`);
});

afterAll(stopAll);
