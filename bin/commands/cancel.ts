import { oneJobCommand, showStatus } from './one-job';

export const cancel = oneJobCommand(
  {
    name: 'cancel',
    summary: 'Stops a job, and shows how it stands then.',
    details: [
      'A task that EvoLink has by then is paid all the same, and its images are archived. A job that has ended stays as',
      "it is. Needs the pipeline's grantUse.",
    ].join('\n'),
    examples: ['evolink-images cancel blue-bicycle'],
  },
  async (job) => showStatus(job, await job.client.cancel(job.jobId, { reason: 'Cancelled from the command line.' })),
);
