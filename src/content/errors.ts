import { createError } from '@directus/errors';

import { ERROR_CODES } from '../contract.ts';

interface Detail {
	/** What is wrong, for people. */
	reason: string;
	/** What it is wrong with: a field path, or the part of the request. */
	field: string;
}

const formatReason = ({ reason }: Detail): string => reason;

/** 400: the template, or a value that it would put into a prompt. */
export const InvalidTemplateError = createError<Detail>(ERROR_CODES.invalidRequest, formatReason, 400);

/** 403: the caller may not read a field that the template names. */
export const ForbiddenFieldError = createError<Detail>(ERROR_CODES.forbidden, formatReason, 403);

interface MissingItem {
	collection: string;
	item: string;
}

/** 404: the item is not there, or the caller may not read it; which of both is not told apart. */
export const MissingItemError = createError<MissingItem>(
	ERROR_CODES.notFound,
	({ collection, item }) => `Item "${item}" of collection "${collection}" does not exist, or you may not read it`,
	404,
);
