/** The images of a job as files of this machine. */
import { access, constants, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ImagePipelineClient } from '../../client/image-pipeline-client';
import type { JobOutput } from '../../domain/job';
import type { Arguments } from './arguments';
import { CommandError, type Io, type OptionDefinitions, printJson } from './command';
import { PROGRAM } from './help';
import { outputLines } from './job-view';

export const OUT_OPTION = {
  out: { value: 'folder', help: 'Images are saved in <folder>/<job>/. Default: the current folder.' },
} as const satisfies OptionDefinitions;

/** To be made before anything else: what can't be saved should not be bought. */
export async function imageFolder(args: Arguments): Promise<string> {
  const folder = args.text('out') ?? '.';
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch (cause) {
    const { message } = cause as Error;
    throw new CommandError(`Images can't be saved in ${folder} (${message}). Nothing was done.`, { cause });
  }
}

/** One after the other: order matters to nobody, and memory and file handles stay few. */
export async function saveImages(output: JobOutput, client: ImagePipelineClient, folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for (const image of output.images) {
      const file = join(folder, output.job_id, basename(image.key));
      await client.save(image, file);
      files.push(file);
    }
  } catch (cause) {
    const { message } = cause as Error;
    const again = `${PROGRAM} save ${output.job_id}`;
    throw new CommandError(`Job ${output.job_id} succeeded, but: ${message} Once that is mended: ${again}`, { cause });
  }
  return files;
}

export function showSaved(output: JobOutput, files: readonly string[], args: Arguments, io: Io): Promise<void> {
  if (args.flag('json')) return printJson(io, { ...output, files });
  return io.out(`${outputLines(output, io.paint, files).join('\n')}\n`);
}
