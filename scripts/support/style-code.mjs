import ts from 'typescript';

import { VERBS } from './style-verbs.mjs';

/** Bare participles that do not end in "ed"; with "ed" see `isParticiple`. */
const IRREGULAR = new Set(
	'Known Given Held Found Begun Taken Seen Told Made Kept Sent Built Lost Left Put Read Written Drawn Shown Gone Chosen'.split(
		' ',
	),
);
const PARAMETERS_LIMIT = 3;

/** The named functions, types, constructors and comments of one source file. */
export function collectCode(file, text) {
	const script = file.endsWith('.vue') ? blankOutsideScripts(text) : text;
	const source = ts.createSourceFile(file, script, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
	const found = { file, lines: text.split('\n').length - 1, functions: [], types: [], constructors: [], comments: [] };
	const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
	const visit = (node) => {
		const name = readFunctionName(node);
		if (name !== undefined) found.functions.push({ name, line: lineAt(node.getStart()) });
		if (isNamedType(node)) found.types.push({ name: node.name.text, line: lineAt(node.getStart()) });
		if (ts.isConstructorDeclaration(node)) {
			found.constructors.push({ count: node.parameters.length, line: lineAt(node.getStart()) });
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	found.comments = collectComments(script, lineAt);
	return found;
}

/** Figures on functions, types and constructors. */
export function measureNames(files) {
	const functions = list(files, 'functions');
	const types = list(files, 'types');
	const endInOf = functions.filter(({ name }) => /[a-z]Of$/.test(name));
	const withoutVerb = functions.filter(({ name }) => !beginsWithVerb(name));
	const participles = types.filter(({ name }) => isParticiple(name));
	const large = list(files, 'constructors').filter(({ count }) => count > PARAMETERS_LIMIT);
	const share = (part, whole) => (whole.length === 0 ? 0 : (part.length / whole.length) * 100);
	const named = (places) => places.map(({ file, line, name }) => `${file}:${line} ${name}`);
	return [
		{
			title: 'functions ending in "Of"',
			value: share(endInOf, functions),
			limit: 0.5,
			unit: ' %',
			places: named(endInOf),
		},
		{
			title: 'functions that begin with a verb',
			value: 100 - share(withoutVerb, functions),
			limit: 65,
			atLeast: true,
			unit: ' %',
			places: named(withoutVerb),
		},
		{
			title: 'types named by a bare participle',
			value: share(participles, types),
			limit: 3,
			unit: ' %',
			places: named(participles),
		},
		{
			title: `constructors with more than ${PARAMETERS_LIMIT} parameters`,
			value: large.length,
			limit: 0,
			places: large.map(({ file, line, count }) => `${file}:${line} ${count} parameters`),
		},
	];
}

function list(files, key) {
	return files.flatMap((each) => each[key].map((item) => ({ ...item, file: each.file })));
}

/** The name of a function, a method, or a constant or property that holds a function. */
function readFunctionName(node) {
	if (ts.isFunctionDeclaration(node)) return node.name?.text;
	if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) return readPlainName(node.name);
	const holds = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node);
	if (!holds || node.initializer === undefined) return undefined;
	return ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer)
		? readPlainName(node.name)
		: undefined;
}

function readPlainName(name) {
	return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) ? name.text.replace(/^[#_]+/, '') : undefined;
}

function isNamedType(node) {
	return (
		ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || (ts.isClassDeclaration(node) && node.name)
	);
}

function beginsWithVerb(name) {
	const [word = ''] = /^[a-z]+/.exec(name) ?? [];
	return VERBS.has(word);
}

function isParticiple(name) {
	return IRREGULAR.has(name) || /^[A-Z][a-z]+ed$/.test(name);
}

/** Everything but the scripts of a component becomes blanks, so that positions stay. */
function blankOutsideScripts(text) {
	let result = '';
	let end = 0;
	for (const match of text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)) {
		const start = match.index + match[0].indexOf('>') + 1;
		result += text.slice(end, start).replace(/[^\n]/g, ' ') + match[1];
		end = start + match[1].length;
	}
	return result + text.slice(end).replace(/[^\n]/g, ' ');
}

/** Comments in order; consecutive line comments count as one. */
function collectComments(text, lineAt) {
	const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
	const comments = [];
	for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
		if (kind !== ts.SyntaxKind.SingleLineCommentTrivia && kind !== ts.SyntaxKind.MultiLineCommentTrivia) continue;
		const line = lineAt(scanner.getTokenStart());
		const words = scanner
			.getTokenText()
			.replace(/^\s*(\/\*+|\*\/|\*|\/\/)/gm, '')
			.replace(/\*\/$/, '')
			.replace(/`[^`]*`/g, 'x');
		const previous = comments.at(-1);
		if (previous && kind === ts.SyntaxKind.SingleLineCommentTrivia && previous.last === line - 1) {
			previous.text += words;
			previous.last = line;
		} else comments.push({ line, last: line, text: words });
	}
	return comments;
}
