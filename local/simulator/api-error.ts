/** The error replies that EvoLink documents, as one table: a route names the case, the table knows its shape. */

interface ErrorCase {
  readonly status: number;
  readonly code: string | number;
  readonly type: string;
  readonly message: string;
}

/** @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation */
const CASES = {
  invalidRequest: [400, 'invalid_request', 'invalid_request_error', 'Invalid request parameters'],
  unauthorized: [401, 'unauthorized', 'authentication_error', 'Invalid or expired token'],
  insufficientQuota: [
    402,
    'insufficient_quota',
    'insufficient_quota',
    'Insufficient quota. Please top up your account.',
  ],
  modelDenied: [403, 'model_access_denied', 'invalid_request_error', 'Token does not have access to this model'],
  rateLimited: [429, 'rate_limit_exceeded', 'rate_limit_error', 'Too many requests, please try again later'],
  tooLarge: [413, 413, 'request_too_large_error', 'Request body too large'],
  notFound: [404, 404, 'not_found_error', 'There is no such route'],
  internal: [500, 'internal_error', 'api_error', 'Internal server error'],
  queryUnauthorized: [401, 'unauthorized', 'authentication_error', 'Authentication required'],
  invalidTaskId: [400, 'invalid_task_id', 'invalid_request_error', "Task IDs start with 'task-unified-'"],
  permissionDenied: [403, 'permission_denied', 'invalid_request_error', 'This task belongs to another key'],
  taskNotFound: [404, 'task_not_found', 'invalid_request_error', 'The requested task could not be found'],
} as const satisfies Record<string, readonly [number, string | number, string, string]>;

export type ErrorCaseName = keyof typeof CASES;

/** The documented `type` of a status, for replies that a rule makes up. */
const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'invalid_request_error',
  404: 'not_found_error',
  413: 'request_too_large_error',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'upstream_error',
  503: 'service_unavailable_error',
};

/** The documented `code` of a status, for a rule that gives a status only. */
const CODE_OF_STATUS: Readonly<Record<number, string | number>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  402: 'insufficient_quota',
  403: 'model_access_denied',
  429: 'rate_limit_exceeded',
  500: 'internal_error',
};

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly facts: ErrorCase & { readonly param?: string },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(facts.message);
  }

  static of(
    name: ErrorCaseName,
    more: { readonly message?: string; readonly param?: string; readonly headers?: Record<string, string> } = {},
  ): ApiError {
    const [status, code, type, message] = CASES[name];
    return new ApiError({ status, code, type, message: more.message ?? message, param: more.param }, more.headers);
  }

  /** A reply that a rule asks for; what it leaves out is what EvoLink documents for the status. */
  static scripted(status: number, code?: string | number, message?: string): ApiError {
    return new ApiError({
      status,
      code: code ?? CODE_OF_STATUS[status] ?? status,
      type: TYPE_OF_STATUS[status] ?? 'api_error',
      message: message ?? `Scripted reply with status ${status}`,
    });
  }

  get body(): { readonly error: Record<string, unknown> } {
    const { code, message, type, param } = this.facts;
    return { error: { code, message, type, ...(param === undefined ? {} : { param }) } };
  }
}
