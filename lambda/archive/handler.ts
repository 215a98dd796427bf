import { S3Client } from '@aws-sdk/client-s3';
import type { JobOutput } from '../../domain/job';
import { AttemptTable } from '../shared/attempts/attempt-table';
import { isLocalProvider, requireEnv, requireJson } from '../shared/config';
import { documentClient } from '../shared/dependencies';
import { emitArchiveError } from '../shared/metrics';
import type { ArchiveDependencies, ArchiveEvent } from './archive';
import { archive } from './archive';
import { ArchiveError } from './errors';
import { removeLeftovers } from './work-folder';

const dependencies: ArchiveDependencies = {
  table: new AttemptTable(documentClient(), requireEnv('tableName')),
  // Repeats are safe (same key, same bytes) except that a consumed stream cannot be sent twice: the state's own retry
  // runs the image again.
  s3: new S3Client({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  }),
  bucket: requireEnv('bucketName'),
  download: {
    resultHosts: requireJson<string[]>('resultHosts'),
    allowLoopback: isLocalProvider(),
    userAgent: `evolink-image-pipeline/${requireEnv('version')}`,
  },
  now: Date.now,
};

/**
 * The Archive state. What it throws fails the execution under that name; there it may be redriven. A salvage is tried
 * again by the sweep, as long as links live: an image that cannot be had now is counted, and no dead letter.
 */
export const handler = async (event: ArchiveEvent): Promise<JobOutput | undefined> => {
  await removeLeftovers();
  try {
    return await archive(event, dependencies);
  } catch (error) {
    emitArchiveError(error instanceof Error ? error.name : 'unknown', event);
    if (event.salvage === true && error instanceof ArchiveError) return undefined;
    throw error;
  }
};
