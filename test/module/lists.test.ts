import { afterEach, describe, expect, it, vi } from 'vitest';
import { pageSizeFrom } from '../../src/module/lib/page-size.ts';
import { readStored, writeStored } from '../../src/module/lib/local-storage.ts';
import { widthsFrom } from '../../src/module/lib/column-widths.ts';

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
		expect(pageSizeFrom(100)).toBe(100);
		expect(pageSizeFrom(7)).toBe(25);
		expect(pageSizeFrom(null)).toBe(25);
		expect(widthsFrom({ preview: 400, hits: 3, model: 'wide' })).toEqual({ preview: 400 });
		expect(widthsFrom(['x'])).toEqual({});
		expect(widthsFrom(null)).toEqual({});
	});
});
