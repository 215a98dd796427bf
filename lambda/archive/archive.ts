import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ArchivedImage, JobOutput } from '../../domain/job';
import type { AttemptRecord } from '../shared/attempts/attempt';
import { attemptIdOf, isLeftBehind } from '../shared/attempts/attempt';
import type { AttemptTable } from '../shared/attempts/attempt-table';
import { logger } from '../shared/logger';
import { emitArchived } from '../shared/metrics';
import type { DownloadOptions } from './download';
import { ArchiveError } from './errors';
import { fetchPicture } from './fetch-picture';
import { folderOf, imageName, MANIFEST_NAME } from './layout';
import { jobOutput } from './output';
import { storeImage, storeManifest } from './store';
import { makeWorkFolder } from './work-folder';

export interface ArchiveEvent {
  readonly jobId: string;
  readonly attempt: number;
  /** Row of the attempt, where it does not follow from the two above. @default - the attempt with this number of the job */
  readonly attemptId?: string;
  /** Started by the sweep, since no job of its own does it any more. @default false */
  readonly salvage?: boolean;
}

export interface ArchiveDependencies {
  readonly table: AttemptTable;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly download: DownloadOptions;
  readonly now: () => number;
}

/** Images fetched and stored at once: bounds the memory and the room in /tmp. */
const PARALLEL = 3;

/**
 * Saves every image of a completed attempt, then the manifest, then closes the attempt. May be run again at any time:
 * finished images are not fetched again, and an attempt that was archived before returns its output.
 */
export async function archive(event: ArchiveEvent, dependencies: ArchiveDependencies): Promise<JobOutput> {
  const { table, s3, bucket, now } = dependencies;
  const attemptId = event.attemptId ?? attemptIdOf(event.jobId, event.attempt);
  const record = await table.load(attemptId);
  const isOfJob = record?.attempt.jobId === event.jobId;
  if (!isOfJob || record.outcome === undefined || record.attempt.status !== 'COMPLETED') {
    throw nothingToArchive(event);
  }
  const { attempt } = record;
  const images = await archiveImages(record, dependencies);
  if (attempt.archivedAt !== undefined) return jobOutput(record, images, attempt.archivedAt);

  const archivedAt = now();
  const output = jobOutput(record, images, archivedAt);
  await storeManifest(s3, bucket, folderOf(attempt, record.job) + MANIFEST_NAME, output);
  const salvaged = isLeftBehind(attempt);
  // Before the attempt is closed, after which nobody would come back to it.
  if (salvaged) await table.noteSalvaged(attempt);
  if (!(await table.markArchived(attempt, archivedAt))) return afterAnother(record, event, dependencies);
  emitArchived(attempt, images.length, archivedAt, salvaged);
  logger.info('archived', { job_id: attempt.jobId, attempt: attempt.attempt, images: images.length, salvaged });
  return output;
}

function nothingToArchive({ jobId, attempt }: Pick<ArchiveEvent, 'jobId' | 'attempt'>): ArchiveError {
  return new ArchiveError('AttemptNotFound', `attempt ${attempt} of job ${jobId} has nothing to archive`);
}

/** Either another run was first, or the job ended meanwhile: then the manifest is written anew, and says so. */
async function afterAnother(
  { attempt: { attemptId, orphanedAt } }: AttemptRecord,
  event: ArchiveEvent,
  dependencies: ArchiveDependencies,
): Promise<JobOutput> {
  const attempt = await dependencies.table.get(attemptId);
  const isNews = attempt?.archivedAt !== undefined || (attempt?.orphanedAt !== undefined && orphanedAt === undefined);
  if (!isNews) throw new ArchiveError('AttemptNotFound', `attempt ${event.attempt} of job ${event.jobId} is gone`);
  return archive(event, dependencies);
}

async function archiveImages(record: AttemptRecord, dependencies: ArchiveDependencies): Promise<JobOutput['images']> {
  const links = record.outcome?.results ?? [];
  const images: ArchivedImage[] = [];
  const folder = await makeWorkFolder();
  const waiting = [...links.entries()];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, url] = next;
      try {
        images[index] = record.images.get(index) ?? (await archiveImage(record, index, url, folder, dependencies));
      } catch (error) {
        // All are given their chance before a failure ends the run: what is in S3 need not be fetched again.
        failures.push(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, worker));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (failures.length > 0) throw failures[0];
  const [first, ...others] = images;
  if (first === undefined) throw nothingToArchive(record.attempt);
  return [first, ...others];
}

async function archiveImage(
  { attempt, job }: AttemptRecord,
  index: number,
  url: string,
  folder: string,
  { table, s3, bucket, download: options }: ArchiveDependencies,
): Promise<ArchivedImage> {
  const file = join(folder, String(index));
  try {
    const { picture, overHttp, ...downloaded } = await fetchPicture(url, file, options);
    const key = folderOf(attempt, job) + imageName(index, picture.extension);
    await storeImage(s3, { bucket, key, contentType: picture.contentType }, file, downloaded);
    const image: ArchivedImage = {
      bucket,
      key,
      bytes: downloaded.bytes,
      sha256: downloaded.sha256,
      content_type: picture.contentType,
      ...picture.pixels,
      ...(overHttp ? { fetched_over_http: true as const } : {}),
    };
    await table.addImage(attempt, index, image);
    return image;
  } finally {
    await rm(file, { force: true });
  }
}
