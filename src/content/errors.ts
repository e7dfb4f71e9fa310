import { createError } from '@directus/errors';

import { ERROR_CODES } from '../shared/api-types.ts';

interface Detail {
	/** The explanation for people. */
	reason: string;
	/** The field path or the part of the request that is at fault. */
	field: string;
}

const formatReason = ({ reason }: Detail): string => reason;

/** 400: the template is invalid, or one of its values cannot go into a prompt. */
export const InvalidTemplateError = createError<Detail>(ERROR_CODES.invalidRequest, formatReason, 400);

/** 403: the caller may not read a field that the template names. */
export const ForbiddenFieldError = createError<Detail>(ERROR_CODES.forbidden, formatReason, 403);

interface MissingItem {
	collection: string;
	item: string;
}

/** 404: the item does not exist, or the caller may not read it. The error does not reveal which. */
export const MissingItemError = createError<MissingItem>(
	ERROR_CODES.notFound,
	({ collection, item }) => `Item "${item}" of collection "${collection}" does not exist, or you may not read it`,
	404,
);
