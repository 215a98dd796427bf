import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { attemptDependencies, HURRIED } from '../shared/dependencies';
import type { CallbackEvent } from './address';
import { receiveCallback } from './callback';

const dependencies = attemptDependencies(HURRIED);

/** EvoLink's callback, through whatever endpoint the pipeline has. */
export const handler = (event: CallbackEvent): Promise<APIGatewayProxyStructuredResultV2> =>
  receiveCallback(event, dependencies);
