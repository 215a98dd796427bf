/** Waits for a job while somebody watches, who may lose patience. */
import type { ImagePipelineClient } from '../../client/image-pipeline-client';
import type { JobOutput } from '../../domain/job';
import { CommandError, type Io, type Terminal } from './command';
import { PROGRAM } from './help';

/** What a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const QUESTION = [
  '',
  'Cancel the job? A task that EvoLink has already is paid all the same.',
  '  y  cancel it      n  go on waiting      l  leave it running and end here',
  '[y/n/l] ',
].join('\n');

const FRAMES = ['▱▱▱▱▱', '▰▱▱▱▱', '▰▰▱▱▱', '▰▰▰▱▱', '▱▰▰▰▱', '▱▱▰▰▰', '▱▱▱▰▰', '▱▱▱▱▰'];
const FRAME_MS = 250;

class Interruption extends Error {
  constructor(readonly wish: 'cancel' | 'leave') {
    super(wish);
  }
}

/**
 * @throws JobError when the job ends without images
 * @throws CommandError with exit code 130 after Ctrl-C
 */
export async function followJob(
  start: (signal: AbortSignal) => Promise<JobOutput>,
  { client, jobId, io }: { readonly client: ImagePipelineClient; readonly jobId: string; readonly io: Io },
): Promise<JobOutput> {
  const stop = new AbortController();
  const view = io.terminal && liveView(io.terminal, jobId);
  const onInterrupt = async () => {
    const wish = view ? await view.ask() : 'cancel';
    if (wish !== undefined) stop.abort(new Interruption(wish));
  };
  const deaf = io.onInterrupt(() => void onInterrupt());
  try {
    return await start(stop.signal);
  } catch (error) {
    const { reason } = stop.signal as { reason: unknown };
    if (!(reason instanceof Interruption)) throw error;
    view?.end();
    return await obey(reason.wish, client, jobId);
  } finally {
    deaf();
    view?.end();
  }
}

async function obey(wish: 'cancel' | 'leave', client: ImagePipelineClient, jobId: string): Promise<JobOutput> {
  if (wish === 'leave') {
    throw new CommandError(`Job ${jobId} goes on. How it stands: ${PROGRAM} status ${jobId}`, {
      exitCode: INTERRUPTED,
    });
  }
  const { output, error } = await client.cancel(jobId, { reason: 'Cancelled from the command line.' });
  // It was done first.
  if (output) return output;
  throw new CommandError(`Job ${jobId} was cancelled. A task that EvoLink had by then is paid, and is archived.`, {
    exitCode: INTERRUPTED,
    cause: error,
  });
}

/** Somebody sees that time passes. There is no share of the whole to show: EvoLink tells none that could be trusted. */
function liveView(terminal: Terminal, jobId: string) {
  const since = performance.now();
  let asking = false;
  let frame = 0;
  const timer = setInterval(() => {
    if (asking) return;
    const seconds = Math.round((performance.now() - since) / 1_000);
    terminal.live(`${FRAMES[frame++ % FRAMES.length]} ${jobId}  ${seconds} s`);
  }, FRAME_MS);
  return {
    end: () => {
      clearInterval(timer);
      terminal.live('');
    },
    /** Ctrl-C once more, while it is asked, leaves. */
    ask: async (): Promise<'cancel' | 'leave' | undefined> => {
      if (asking) return 'leave';
      asking = true;
      try {
        const answer = await terminal.ask(QUESTION);
        if (answer === undefined || answer.trim().toLowerCase() === 'l') return 'leave';
        return answer.trim().toLowerCase() === 'y' ? 'cancel' : undefined;
      } finally {
        asking = false;
      }
    },
  };
}
