/** A line of a chart: one value for each place on the x axis. */
export interface Line {
	name: string;
	values: readonly number[];
	colour: string;
	dashed?: boolean;
}

export interface ChartOptions {
	title: string;
	places: readonly string[];
	lines: readonly Line[];
	/** The top of the y axis, which begins with 0. */
	top: number;
	step: number;
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 56;
const RIGHT = 20;
const UP = 48;
const DOWN = 116;
const PER_ROW = 2;

/** A line chart as SVG: readable on its own, on light and on dark pages. */
export function lineChart({ title, places, lines, top, step }: ChartOptions): string {
	const x = (place: number): number => LEFT + (place * (WIDTH - LEFT - RIGHT)) / Math.max(1, places.length - 1);
	const y = (value: number): number => UP + (1 - Math.min(value, top) / top) * (HEIGHT - UP - DOWN);
	const levels = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
		`<title>${title}</title>`,
		`<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
		text(LEFT, 26, title, 'font-weight="600" font-size="15"'),
		...levels.flatMap((level) => [
			`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(level))}" y2="${at(y(level))}" stroke="#e2e6ea"/>`,
			text(LEFT - 8, y(level) + 4, level.toFixed(1), 'text-anchor="end"'),
		]),
		...places.map((place, index) =>
			text(x(index), HEIGHT - DOWN + 20, place, `text-anchor="${anchor(index, places)}"`),
		),
		...lines.flatMap((line) => drawn(line, x, y)),
		...lines.flatMap(legend),
		'</svg>',
		'',
	].join('\n');
}

function drawn({ values, colour, dashed }: Line, x: (place: number) => number, y: (value: number) => number): string[] {
	const points = values.map((value, index) => `${at(x(index))},${at(y(value))}`).join(' ');
	const dashes = dashed ? ' stroke-dasharray="6 4"' : '';
	return [
		`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`,
		...values.map((value, index) => `<circle cx="${at(x(index))}" cy="${at(y(value))}" r="3" fill="${colour}"/>`),
	];
}

function legend({ name, colour, dashed }: Line, index: number): string[] {
	const left = LEFT + (index % PER_ROW) * 330;
	const height = HEIGHT - DOWN + 56 + Math.floor(index / PER_ROW) * 24;
	const dashes = dashed ? ' stroke-dasharray="6 4"' : '';
	return [
		`<line x1="${left}" x2="${left + 28}" y1="${height - 4}" y2="${height - 4}" stroke="${colour}" stroke-width="2"${dashes}/>`,
		text(left + 36, height, name),
	];
}

function anchor(index: number, places: readonly string[]): string {
	if (index === 0) return 'start';
	return index === places.length - 1 ? 'end' : 'middle';
}

const text = (x: number, y: number, content: string, attributes = ''): string =>
	`<text x="${at(x)}" y="${at(y)}" fill="#1f2933" ${attributes}>${content}</text>`;

const at = (value: number): string => String(Math.round(value * 10) / 10);
