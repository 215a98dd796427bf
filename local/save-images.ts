/** Downloads a job's images under the app's own rights, for a person to look at. */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { JobOutput } from '../domain/job';
import type { CloudConfig } from './cloud/clients';
import { OUT_DIR } from './paths';

/** Returns the files, named as they are in the archive. Fails if one differs from what the job's output says. */
export async function saveImages(app: CloudConfig, output: JobOutput, dir = OUT_DIR): Promise<string[]> {
  const s3 = new S3Client(app);
  const folder = path.join(dir, output.job_id);
  fs.mkdirSync(folder, { recursive: true });
  return await Promise.all(
    output.images.map(async ({ bucket, key, sha256 }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const found = createHash('sha256').update(bytes).digest('hex');
      if (found !== sha256) throw new Error(`s3://${bucket}/${key} has SHA-256 ${found}, the job says ${sha256}`);
      const file = path.join(folder, path.basename(key));
      fs.writeFileSync(file, bytes);
      return file;
    }),
  );
}
