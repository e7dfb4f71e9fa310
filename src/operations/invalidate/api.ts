import type { OperationApiConfig } from '@directus/types';

import { connectEngine } from '../connect.ts';
import type { Options } from '../options.ts';
import { INVALIDATE_ID, invalidateHandler } from './handler.ts';

const operation: OperationApiConfig<Options> = { id: INVALIDATE_ID, handler: invalidateHandler(connectEngine) };
export default operation;
