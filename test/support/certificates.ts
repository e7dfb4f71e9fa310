import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Certificate {
	key: string;
	cert: string;
	/** Where `cert` and `key` are, until `remove`. */
	file: string;
	keyFile: string;
	remove(): void;
}

/** A certificate that nobody signed but itself, as `subjectAltName` names it: `DNS:localhost,IP:127.0.0.1`. */
export function createCertificate(names: string): Certificate {
	const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'));
	const [keyFile, file] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [string, string];
	const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
	const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names}`];
	execFileSync('openssl', ['req', ...options, ...subject, '-keyout', keyFile, '-out', file], { stdio: 'ignore' });
	return {
		key: readFileSync(keyFile, 'utf8'),
		cert: readFileSync(file, 'utf8'),
		file,
		keyFile,
		remove: () => rmSync(folder, { recursive: true }),
	};
}

/** Settings of a redis-server that speaks TLS on the port, beside its plain one. */
export const tlsArguments = (port: number, { file, keyFile }: Certificate): string[] => [
	...['--tls-port', String(port), '--tls-cert-file', file, '--tls-key-file', keyFile],
	...['--tls-ca-cert-file', file, '--tls-auth-clients', 'no'],
];
