import type { OperationApiConfig } from '@directus/types';

import { connectEngine } from '../port.ts';
import type { Options } from '../options.ts';
import { GENERATE_ID, createGenerateHandler } from './handler.ts';

const operation: OperationApiConfig<Options> = { id: GENERATE_ID, handler: createGenerateHandler(connectEngine) };
export default operation;
