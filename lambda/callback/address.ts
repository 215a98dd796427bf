/** Which attempt a callback speaks of, and the secret that it brings: the tail of its path. */

/** What the events of HTTP APIs, function URLs, REST APIs and load balancers have in common. */
export interface CallbackEvent {
  /** Of HTTP APIs (payload 2.0) and function URLs. */
  readonly rawPath?: string;
  /** Of REST APIs, load balancers, and HTTP APIs (payload 1.0). */
  readonly path?: string;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

export interface CallbackAddress {
  readonly attemptId: string;
  readonly secret: string;
}

/** A gateway may put a stage or a base path before it. Nothing is decoded: ids and secrets need no encoding. */
const TAIL = /\/callback\/([^/]+)\/([^/]+)$/;

/** @returns undefined when the path is none of ours */
export function callbackAddress({ rawPath, path = '' }: CallbackEvent): CallbackAddress | undefined {
  const [, attemptId, secret] = TAIL.exec(rawPath ?? path) ?? [];
  return attemptId === undefined || secret === undefined ? undefined : { attemptId, secret };
}
