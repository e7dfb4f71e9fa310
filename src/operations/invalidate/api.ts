import type { OperationApiConfig } from '@directus/types';

import { connectEngine } from '../port.ts';
import type { Options } from '../options.ts';
import { INVALIDATE_ID, createInvalidateHandler } from './handler.ts';

const operation: OperationApiConfig<Options> = { id: INVALIDATE_ID, handler: createInvalidateHandler(connectEngine) };
export default operation;
