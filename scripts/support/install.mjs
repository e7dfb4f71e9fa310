import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { findProgram, PROJECT, run } from './run.mjs';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/** Programs that no npm package provides, by Debian package. Each list needs one of its names to be installed. */
const SYSTEM_PROGRAMS = {
	'redis-server': [['redis-server']],
	chromium: [['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']],
	// `psql` comes with the client alone; the server's programs are not in the PATH.
	postgresql: [['psql'], ['initdb'], ['postgres']],
	'mariadb-server': [['mariadb'], ['mariadb-dump'], ['mariadb-install-db'], ['mariadbd']],
};

/** Runs `npm ci` in a folder of the project unless its lock file is already installed. Throws if it fails. */
export async function ensureInstalled(folder) {
	const directory = path.join(PROJECT, folder);
	if (isInstalled(directory)) return;
	console.log(`Installing the packages of ${folder === '.' ? 'the project' : folder} …`);
	const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
	if ((await run('npm', ['ci', ...quietly], { cwd: directory })) === 0) return;
	// A registry that lacks another platform's optional packages makes `npm ci` call the lock file out of date.
	console.log('npm ci failed; trying npm install with the same lock file …');
	if ((await run('npm', ['install', '--no-save', ...quietly], { cwd: directory })) !== 0) {
		throw new Error(`npm failed in ${folder} (where nothing prebuilt fits, its SQLite needs python3, make and g++)`);
	}
}

/** True if npm's own record of installed packages has the versions of the lock file. */
function isInstalled(directory) {
	const wanted = readPackages(path.join(directory, 'package-lock.json'));
	const present = readPackages(path.join(directory, 'node_modules/.package-lock.json'));
	if (!wanted || !present) return false;
	return Object.entries(wanted).every(([location, { version, optional, link }]) => {
		const found = present[location];
		return location === '' || link || (found === undefined ? optional === true : found.version === version);
	});
}

function readPackages(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8')).packages;
	} catch {
		return undefined;
	}
}

/** Installs missing system programs if apt is available; throws with their names if it is not. */
export async function ensureSystemPrograms(packages = ['redis-server', 'chromium']) {
	const missing = await installSystemPrograms(packages);
	if (missing.length > 0) throw new Error(`Please install: ${missing.join(', ')}`);
}

/** Installs missing system programs if apt is available. Returns the packages that are still missing. */
export async function installSystemPrograms(packages) {
	const missing = packages.filter(isMissing);
	if (missing.length === 0) return [];
	const prefix = await privilege();
	if (findProgram(['apt-get']) && prefix) {
		const [command, ...args] = [...prefix, 'apt-get'];
		const env = { DEBIAN_FRONTEND: 'noninteractive' };
		await run(command, [...args, 'update', '-qq'], { env });
		await run(command, [...args, 'install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
	}
	return missing.filter(isMissing);
}

function isMissing(name) {
	const versions = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES) : [];
	const folders = ['/usr/sbin', ...versions.map((version) => path.join(DEBIAN_POSTGRES, version, 'bin'))];
	return SYSTEM_PROGRAMS[name].some((names) => findProgram(names, folders) === undefined);
}

/** How to become root without being asked for a password, or undefined. */
async function privilege() {
	if (process.getuid?.() === 0) return ['env'];
	if (findProgram(['sudo']) && (await run('sudo', ['-n', 'true'])) === 0) return ['sudo', '-n'];
	return undefined;
}
