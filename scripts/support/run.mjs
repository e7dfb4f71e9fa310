import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const BIN = path.join(PROJECT, 'node_modules/.bin');

/** The project's own Node, or with `AI_CACHE_TEST_NODE=system` the one that runs this script. */
export const NODE = process.env.AI_CACHE_TEST_NODE === 'system' ? process.execPath : path.join(BIN, 'node');

/**
 * Runs a command and resolves to its exit code, or to 127 if it cannot start. Shows its output; with `quiet`, only
 * after a failure.
 */
export function run(command, args, { cwd = PROJECT, env = {}, quiet = false } = {}) {
	return new Promise((resolve) => {
		const output = quiet ? 'pipe' : 'inherit';
		const child = spawn(command, args, {
			cwd,
			env: { ...process.env, ...env, PATH: `${BIN}${path.delimiter}${process.env.PATH}` },
			stdio: ['ignore', output, output],
		});
		const kept = [];
		child.stdout?.on('data', (chunk) => kept.push(chunk));
		child.stderr?.on('data', (chunk) => kept.push(chunk));
		child.once('error', (error) => {
			console.error(`${command} could not be started: ${error.message}`);
			resolve(127);
		});
		child.once('close', (code) => {
			if (code !== 0) process.stderr.write(Buffer.concat(kept));
			resolve(code ?? 1);
		});
	});
}

/** Returns the path of the first of these programs that can be run, from the PATH or further folders, or undefined. */
export function findProgram(names, folders = []) {
	for (const folder of [...(process.env.PATH ?? '').split(path.delimiter), ...folders]) {
		for (const name of names) {
			const file = path.join(folder, name);
			if (isExecutable(file)) return file;
		}
	}
	return undefined;
}

function isExecutable(file) {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
