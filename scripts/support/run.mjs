import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const BIN = path.join(PROJECT, 'node_modules/.bin');

/** The project's own Node, whatever the one that runs this script. */
export const NODE = path.join(BIN, 'node');

/** Runs a command with its output shown and resolves to its exit code; 127 where it cannot be started. */
export function run(command, args, { cwd = PROJECT, env = {} } = {}) {
	return new Promise((resolve) => {
		const child = spawn(command, args, {
			cwd,
			env: { ...process.env, ...env, PATH: `${BIN}${path.delimiter}${process.env.PATH}` },
			stdio: ['ignore', 'inherit', 'inherit'],
		});
		child.once('error', (error) => {
			console.error(`${command} could not be started: ${error.message}`);
			resolve(127);
		});
		child.once('exit', (code) => resolve(code ?? 1));
	});
}

/** Path of the first of these programs that is there to run, or undefined. */
export function findProgram(...names) {
	for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
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
