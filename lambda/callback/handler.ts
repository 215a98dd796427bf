import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { attemptDependencies, HURRIED } from '../shared/dependencies';
import { receiveCallback } from './callback';

const dependencies = attemptDependencies(HURRIED);

/** EvoLink's callback, through the HTTP API. */
export const handler = (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> =>
  receiveCallback(event, dependencies);
