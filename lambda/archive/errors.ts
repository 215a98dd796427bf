import type { ArchiveFailureName } from '../../domain/failures';

/**
 * Why a paid image is not in S3 yet. The Archive state repeats these by itself and is left as failed when that did not
 * help, so that it can be redriven; `name` becomes the execution's error.
 */
export class ArchiveError extends Error {
  override readonly name: ArchiveFailureName;

  constructor(name: ArchiveFailureName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}
