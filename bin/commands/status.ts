import { oneJobCommand, showStatus } from './one-job';

export const status = oneJobCommand(
  {
    name: 'status',
    summary: 'How a job stands: its images and their cost, or why there are none.',
    details: "Exit code 0 also for a job that failed: that is its status. Needs the pipeline's grantUse.",
    examples: ['evolink-images status blue-bicycle', 'evolink-images status blue-bicycle --json'],
  },
  async (job) => showStatus(job, await job.client.status(job.jobId)),
);
