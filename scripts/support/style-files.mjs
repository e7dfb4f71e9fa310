import { execFileSync } from 'node:child_process';

import { PROJECT } from './run.mjs';

export { PROJECT };

/** The files of these folders that git tracks or would track, and that match. */
export function listFiles(folders, pattern) {
	const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...folders];
	const listed = execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' });
	const removed = execFileSync('git', ['ls-files', '--deleted', '--', ...folders], { cwd: PROJECT, encoding: 'utf8' });
	const gone = new Set(removed.split('\n'));
	return listed.split('\n').filter((file) => pattern.test(file) && !gone.has(file));
}
