/** What was scraped: a sample's value by its name and labels, as they are written, and each metric's type and help. */
export interface Scrape {
	samples: Map<string, number>;
	types: Map<string, string>;
	helps: Map<string, string>;
}

/** Reads Prometheus' text format; throws for a line that is none of it. */
export function parseScrape(text: string): Scrape {
	const scrape: Scrape = { samples: new Map(), types: new Map(), helps: new Map() };
	for (const line of text.split('\n').filter(Boolean)) {
		const [, kind, of = '', said = ''] = /^# (HELP|TYPE) ([a-z0-9_]+) (.+)$/.exec(line) ?? [];
		if (kind === 'TYPE') scrape.types.set(of, said);
		else if (kind === 'HELP') scrape.helps.set(of, said);
		else {
			const [, name, value] = /^([a-z0-9_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
			if (name === undefined || scrape.samples.has(name)) throw new Error(`no sample, or one told twice: ${line}`);
			scrape.samples.set(name, Number(value));
		}
	}
	return scrape;
}
