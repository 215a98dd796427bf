import { imageFolder, OUT_OPTION, saveImages, showSaved } from './image-files';
import { oneJobCommand } from './one-job';

export const save = oneJobCommand(
  {
    name: 'save',
    summary: 'Saves the images of a job that was started earlier, here or by an app.',
    details: [
      'Pays nothing. A file that is there already is written again; each is verified by its SHA-256.',
      "Waits for a job that still runs: Ctrl-C ends the waiting, not the job. Needs the pipeline's grantUse.",
    ].join('\n'),
    options: OUT_OPTION,
    examples: ['evolink-images save blue-bicycle --out ./pictures', 'evolink-images save blue-bicycle --json'],
  },
  async ({ client, jobId, args, io }) => {
    const folder = await imageFolder(args);
    const { state } = await client.status(jobId);
    if (state === 'RUNNING') await io.err(`Job ${jobId} still runs. Waiting for its images …\n`);
    const output = await client.wait(jobId);
    await showSaved(output, await saveImages(output, client, folder), args, io);
  },
);
