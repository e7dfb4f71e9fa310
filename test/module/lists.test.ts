import { afterEach, describe, expect, it, vi } from 'vitest';
import { parsePageSize, readStored, writeStored, parseColumnWidths } from '../../src/module/lib/preferences.ts';

afterEach(() => vi.unstubAllGlobals());

describe('what a browser remembers of a list', () => {
	it('is read as it was written', () => {
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

	it('is nothing where the browser keeps nothing, or something else wrote there', () => {
		const refuse = () => {
			throw new Error('not allowed');
		};
		vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse });
		expect(readStored('entries-per-page')).toBeNull();
		expect(() => writeStored('entries-per-page', 50)).not.toThrow();
		vi.stubGlobal('localStorage', { getItem: () => 'no JSON' });
		expect(readStored('entries-per-page')).toBeNull();
	});

	it('counts only as far as it makes sense', () => {
		expect(parsePageSize(100)).toBe(100);
		expect(parsePageSize(7)).toBe(25);
		expect(parsePageSize(null)).toBe(25);
		expect(parseColumnWidths({ preview: 400, hits: 3, model: 'wide' })).toEqual({ preview: 400 });
		expect(parseColumnWidths(['x'])).toEqual({});
		expect(parseColumnWidths(null)).toEqual({});
	});
});
