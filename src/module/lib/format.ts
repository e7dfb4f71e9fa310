/** Formats figures for a locale, given as a BCP 47 tag like Directus' `de-DE`. Every function is pure. */
export interface Formatter {
	/** Whole numbers, abbreviated from 100,000: `1,204`, `1.2M`. */
	count(value: number): string;
	/** Whole numbers, never abbreviated. */
	exact(value: number): string;
	/** A share between 0 and 1. */
	percent(share: number): string;
	/** A change in percentage points, signed: `+3.1`. */
	points(difference: number): string;
	/** A relative change, signed: `+12 %`. */
	change(share: number): string;
	/** US dollars. Amounts below a cent keep two significant digits. */
	money(usd: number): string;
	/** Bytes in binary units, like file sizes in Directus. */
	bytes(value: number): string;
	/** Seconds, in the two largest units: `1 d 4 h`. */
	duration(seconds: number): string;
	dateTime(iso: string): string;
	/** The start of a chart bucket of `bucketSeconds`, in short form. */
	bucket(iso: string, bucketSeconds: number): string;
	/** The start of a chart bucket, always with its day: `Fri, May 1, 2:00 PM`. */
	dayAndTime(iso: string, bucketSeconds: number): string;
	/** Time until or since `now`: `5 minutes ago`. */
	relative(iso: string, now: number): string;
	/** Milliseconds, with one decimal below 10: `0.4 ms`, `15 ms`. */
	milliseconds(value: number): string;
	/** A factor: `1.5`. */
	factor(value: number): string;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const DURATION_UNITS = [
	['day', 86_400],
	['hour', 3_600],
	['minute', 60],
	['second', 1],
] as const;

const ABBREVIATE_FROM = 100_000;

export function createFormatter(locale: string): Formatter {
	const exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
	const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
	const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
	const points = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, signDisplay: 'exceptZero' });
	const change = new Intl.NumberFormat(locale, {
		style: 'percent',
		maximumFractionDigits: 0,
		signDisplay: 'exceptZero',
	});
	const factor = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
	const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

	return {
		count: (value) => (Math.abs(value) < ABBREVIATE_FROM ? exact : compact).format(value),
		exact: (value) => exact.format(value),
		percent: (share) => percent.format(share),
		points: (difference) => points.format(difference * 100),
		change: (share) => change.format(share),
		money: (usd) => createMoneyFormat(locale, usd).format(usd),
		bytes: (value) => formatBytes(locale, value),
		duration: (seconds) => formatDuration(locale, seconds),
		dateTime: (iso) => dateTime.format(new Date(iso)),
		bucket: (iso, bucketSeconds) => createBucketFormat(locale, bucketSeconds).format(new Date(iso)),
		dayAndTime: (iso, bucketSeconds) => createDayAndTimeFormat(locale, bucketSeconds).format(new Date(iso)),
		relative: (iso, now) => formatRelative(locale, (Date.parse(iso) - now) / 1000),
		milliseconds: (value) =>
			new Intl.NumberFormat(locale, {
				style: 'unit',
				unit: 'millisecond',
				maximumFractionDigits: value < 10 ? 1 : 0,
			}).format(value),
		factor: (value) => factor.format(value),
	};
}

/** Two significant digits below a cent, which would otherwise be 0.00. Whole dollars from 10,000. */
function createMoneyFormat(locale: string, usd: number): Intl.NumberFormat {
	const size = Math.abs(usd);
	const currency = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;

	if (size > 0 && size < 0.01) return new Intl.NumberFormat(locale, { ...currency, maximumSignificantDigits: 2 });
	if (size >= 10_000) return new Intl.NumberFormat(locale, { ...currency, maximumFractionDigits: 0 });
	return new Intl.NumberFormat(locale, currency);
}

function formatBytes(locale: string, value: number): string {
	const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), BYTE_UNITS.length - 1);
	const unit = BYTE_UNITS[power] ?? 'byte';
	const unitDisplay = unit === 'byte' ? 'long' : 'short';
	const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 });
	return format.format(value / 1024 ** power);
}

function formatDuration(locale: string, seconds: number): string {
	const createUnitFormat = (unit: string, digits = 0) =>
		new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: digits });

	if (Math.abs(seconds) < 10) return createUnitFormat('second', 1).format(seconds);

	let rest = Math.round(seconds);
	const first = DURATION_UNITS.findIndex(([, size]) => rest >= size);
	const parts: string[] = [];

	for (const [unit, size] of DURATION_UNITS.slice(first, first + 2)) {
		const amount = Math.floor(rest / size);
		rest -= amount * size;
		if (amount > 0) parts.push(createUnitFormat(unit).format(amount));
	}

	return parts.join(' ');
}

/** Uses a word for "now", but a number of days instead of "tomorrow": 47 hours from now can be two dates away. */
function formatRelative(locale: string, seconds: number): string {
	const unit = DURATION_UNITS.find(([, candidate]) => Math.abs(seconds) >= candidate);
	if (!unit) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second');
	return new Intl.RelativeTimeFormat(locale).format(Math.trunc(seconds / unit[1]), unit[0]);
}

/** Daily buckets start at midnight UTC, which is another date in some time zones. */
const DAY = { month: 'short', day: 'numeric', timeZone: 'UTC' } as const;

function createDayAndTimeFormat(locale: string, bucketSeconds: number): Intl.DateTimeFormat {
	if (bucketSeconds >= 86_400) return new Intl.DateTimeFormat(locale, { ...DAY, weekday: 'short' });
	return new Intl.DateTimeFormat(locale, {
		weekday: 'short',
		month: 'short',
		day: 'numeric',
		hour: 'numeric',
		minute: '2-digit',
	});
}

function createBucketFormat(locale: string, bucketSeconds: number): Intl.DateTimeFormat {
	if (bucketSeconds >= 86_400) return new Intl.DateTimeFormat(locale, DAY);
	if (bucketSeconds > 3_600)
		return new Intl.DateTimeFormat(locale, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
	return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
}
