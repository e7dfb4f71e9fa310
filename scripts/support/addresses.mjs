const NAME = 'directus-extension-ai-cache';

/** The owner of the repository on GitHub that the package's `repository.url` names. */
export function readOwner(manifest) {
	const { url } = JSON.parse(manifest).repository;
	const owner = new RegExp(`^git\\+https://github\\.com/([\\w.-]+)/${NAME}\\.git$`).exec(url)?.[1];
	if (!owner) throw new Error(`repository.url must be git+https://github.com/<owner>/${NAME}.git, not ${url}`);
	return owner;
}

/** Replaces the owner in every address of the repository. */
export function replaceOwner(text, owner) {
	const address = new RegExp(`(https://(?:github|raw\\.githubusercontent)\\.com/)[\\w.-]+(/${NAME}\\b)`, 'g');
	return text.replaceAll(address, `$1${owner}$2`);
}
