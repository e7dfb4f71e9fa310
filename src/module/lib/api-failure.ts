/** Why a request failed. `forbidden` has its own page; `unreachable` offers a retry. */
export type FailureKind = 'forbidden' | 'unreachable' | 'not_found' | 'failed';

export class ApiFailure extends Error {
	readonly kind: FailureKind;

	constructor(kind: FailureKind, message: string) {
		super(message);
		this.name = 'ApiFailure';
		this.kind = kind;
	}
}

interface AxiosLikeError {
	response?: { status?: number; data?: unknown };
	message?: string;
}

/** Converts an error of the API or the network to an `ApiFailure`. */
export function parseApiFailure(error: unknown): ApiFailure {
	if (error instanceof ApiFailure) return error;

	const { response, message } = error as AxiosLikeError;
	const text = readFirstMessage(response?.data) ?? message ?? String(error);
	return new ApiFailure(classifyFailure(response?.status), text);
}

function classifyFailure(status: number | undefined): FailureKind {
	if (status === undefined) return 'unreachable';
	if (status === 401 || status === 403) return 'forbidden';
	return status === 404 ? 'not_found' : 'failed';
}

function readFirstMessage(body: unknown): string | undefined {
	const errors = (body as { errors?: { message?: unknown }[] } | null | undefined)?.errors;
	const message = errors?.[0]?.message;
	return typeof message === 'string' ? message : undefined;
}
