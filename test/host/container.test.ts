import { describe, expect, it } from 'vitest';

import { getRuntime } from '../../src/host/container.ts';
import { testHost } from '../services/support/host.ts';

describe('the runtime with wrong settings', () => {
	it('logs one error that names all of them, and is not created', () => {
		const errors: string[] = [];
		const host = testHost({ AI_CACHE_TTL: 'soon', AI_CACHE_SCOPE: 'nobody' });
		host.logger.error = (message: string) => void errors.push(message);
		expect(() => getRuntime(host)).toThrow('2 setting(s) are wrong');
		expect(errors).toHaveLength(1);
		for (const part of ['AI Cache cannot start', 'AI_CACHE_TTL', 'AI_CACHE_SCOPE']) expect(errors[0]).toContain(part);
	});
});
