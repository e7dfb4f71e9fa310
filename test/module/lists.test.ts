import { afterEach, describe, expect, it, vi } from 'vitest';
import { parsePageSize, readStored, writeStored, parseColumnWidths } from '../../src/module/lib/preferences.ts';

afterEach(() => vi.unstubAllGlobals());

describe('list preferences in the browser', () => {
	it('reads back stored values', () => {
		const kept = new Map<string, string>();
		const storage = {
			getItem: (name: string) => kept.get(name) ?? null,
			setItem: (name: string, value: string) => kept.set(name, value),
		};
		vi.stubGlobal('localStorage', storage);
		writeStored('entries-columns', { preview: 400 });
		expect(readStored('entries-columns')).toEqual({ preview: 400 });
		expect([...kept.keys()]).toEqual(['ai-cache-entries-columns']);
	});

	it('returns null if the browser stores nothing or invalid JSON', () => {
		const refuse = () => {
			throw new Error('not allowed');
		};
		vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse });
		expect(readStored('entries-per-page')).toBeNull();
		expect(() => writeStored('entries-per-page', 50)).not.toThrow();
		vi.stubGlobal('localStorage', { getItem: () => 'no JSON' });
		expect(readStored('entries-per-page')).toBeNull();
	});

	it('ignores invalid page sizes and widths', () => {
		expect(parsePageSize(100)).toBe(100);
		expect(parsePageSize(7)).toBe(25);
		expect(parsePageSize(null)).toBe(25);
		expect(parseColumnWidths({ preview: 400, hits: 3, model: 'wide' })).toEqual({ preview: 400 });
		expect(parseColumnWidths(['x'])).toEqual({});
		expect(parseColumnWidths(null)).toEqual({});
	});
});
