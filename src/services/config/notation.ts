const DURATION_UNITS: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 604_800_000,
	y: 31_557_600_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40 };

/** Milliseconds of `250ms`, `30s`, `15m`, `24h`, `7d`; null where it is no duration. A bare number names no unit: null, but for 0. */
export function parseDuration(text: string): number | null {
	return parse(text, DURATION_UNITS, null);
}

/** Bytes of `1000`, `64kb`, `256mb` (powers of 1 024); null where it is no size. */
export function parseSize(text: string): number | null {
	return parse(text, SIZE_UNITS, 'b');
}

function parse(text: string, units: Readonly<Record<string, number>>, bare: string | null): number | null {
	const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
	if (!match) return null;
	const amount = Number(match[1]);
	const unit = match[2] === '' ? (amount === 0 ? Object.keys(units)[0]! : bare) : match[2]!.toLowerCase();
	const factor = unit === null ? undefined : units[unit];
	return factor === undefined ? null : Math.round(amount * factor);
}
