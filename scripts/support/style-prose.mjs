const WORDS = /[A-Za-z][A-Za-z'’-]*/g;
/** "where" that stands for "if" or "when": at the start of a clause, with a subject behind it. */
const WHERE =
	/\bwhere (it|its|the|a|an|that|this|these|those|no|one|nothing|none|nobody|there|they|he|she|you|we|both|all|any|each|only)\b/gi;
const RELATIVE = /\b(that of|those (that|who|of|which)|all that|what is)\b/gi;
const PER = 1000;
const WORDS_LIMIT = 18;

/** Two figures on the comments of the sources. */
export function measureComments(files) {
	return countFamilies(
		'comments',
		files.flatMap(({ file, comments }) => comments.map(({ text, line }) => ({ place: `${file}:${line}`, text }))),
	);
}

/** The same two figures on the documents, and the median length of their sentences. */
export function measureDocuments(documents) {
	const paragraphs = documents.flatMap(([file, text]) => readParagraphs(file, text));
	const medians = documents.map(([file, text]) => {
		const lengths = readParagraphs(file, text).flatMap((paragraph) => countSentenceWords(paragraph.text));
		return { file, median: findMedian(lengths) };
	});
	const places = medians
		.filter(({ median }) => median > WORDS_LIMIT)
		.map(({ file, median }) => `${file}: ${median} words a sentence`);
	return [
		...countFamilies('documents', paragraphs),
		{ title: `documents with a median over ${WORDS_LIMIT} words a sentence`, value: places.length, limit: 0, places },
	];
}

function countFamilies(where, texts) {
	const words = texts.reduce((sum, { text }) => sum + (text.match(WORDS)?.length ?? 0), 0);
	const families = [
		['"where" for "if"', WHERE],
		['"that of", "those that", "all that", "what is"', RELATIVE],
	];
	return families.map(([family, pattern]) => {
		const places = texts.flatMap(({ place, text }) =>
			[...text.matchAll(pattern)].map(({ index }) => `${place}: …${excerpt(text, index)}…`),
		);
		const value = words === 0 ? 0 : (places.length / words) * PER;
		return { title: `${family} per ${PER} words of ${where}`, value, limit: 1, places };
	});
}

function excerpt(text, index) {
	return text.slice(Math.max(0, index - 30), index + 40).replace(/\s+/g, ' ');
}

/** The prose of a document: without code, tables, headings and link targets. */
function readParagraphs(file, text) {
	const withoutCode = text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ''));
	const paragraphs = [];
	let lines = [];
	let first = 0;
	const flush = () => {
		if (lines.length > 0) paragraphs.push({ place: `${file}:${first}`, text: lines.join(' ') });
		lines = [];
	};
	for (const [index, line] of withoutCode.split('\n').entries()) {
		const isItem = /^\s*([-*]|\d+\.)\s/.test(line);
		if (line.trim() === '' || /^\s*(#|\||<)/.test(line) || isItem) flush();
		if (line.trim() === '' || /^\s*(#|\||<)/.test(line)) continue;
		if (lines.length === 0) first = index + 1;
		lines.push(
			line
				.replace(/^\s*([-*>]|\d+\.)\s+/, '')
				.replace(/`[^`]*`/g, 'x')
				.replace(/\]\([^)]*\)/g, ']'),
		);
	}
	flush();
	return paragraphs;
}

function countSentenceWords(text) {
	return text
		.split(/(?<=[.!?])\s+(?=[A-Z"`[*])/)
		.map((sentence) => sentence.match(WORDS)?.length ?? 0)
		.filter((count) => count > 2);
}

function findMedian(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
