/** A line of Directus' log, https://getpino.io: level 30 is info, 40 a warning, 50 an error. */
export interface LogLine {
	level: number;
	msg: string;
	req?: { method: string; url: string };
	res?: { statusCode: number };
	err?: { message: string; stack?: string };
}

/** The log's structured lines; what is not JSON counts as an error, since only a crash writes so. */
export function logLines(log: string): LogLine[] {
	return log
		.split('\n')
		.filter((line) => line.trim() !== '' && !line.startsWith('---') && !line.startsWith('==='))
		.map((line) => (line.startsWith('{') ? (JSON.parse(line) as LogLine) : { level: 50, msg: line }));
}

/** One line short enough to read in a test report. */
export function shortLine({ level, msg, req, res, err }: LogLine): string {
	if (req) return `${level} ${req.method} ${req.url} → ${res?.statusCode ?? '?'}`;
	return `${level} ${msg}${err ? ` ${err.stack ?? err.message}` : ''}`;
}
