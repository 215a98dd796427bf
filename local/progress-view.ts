/** Shows how jobs get on: one live line per job on a terminal, a plain line per step everywhere else. */
import pc from 'picocolors';
import type { JobProgress } from './job-run';

export interface ProgressView {
  show(progress: JobProgress): void;
  /** Leaves the last state standing. */
  done(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

/** The success path fits; of a job that is retried only the latest states do. */
const SHOWN_STATES = 4;

export async function progressView(names: readonly string[]): Promise<ProgressView> {
  const live = process.stdout.isTTY && !process.env.NO_COLOR && !process.env.CI && process.env.TERM !== 'dumb';
  return live ? await liveView(names) : plainView();
}

async function liveView(names: readonly string[]): Promise<ProgressView> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  const width = Math.max(...names.map((name) => name.length));
  const jobs = new Map<string, { progress: JobProgress; at: number }>();
  let frame = 0;
  const render = () => {
    frame++;
    update(names.map((name) => liveLine(name.padEnd(width), jobs.get(name), frame)).join('\n'));
  };
  const timer = setInterval(render, FRAME_MS);
  return {
    show: (progress) => jobs.set(progress.name, { progress, at: performance.now() }),
    done: () => {
      clearInterval(timer);
      render();
      update.done();
    },
  };
}

function liveLine(name: string, job: { progress: JobProgress; at: number } | undefined, frame: number): string {
  if (!job) return `${pc.dim('·')} ${name}`;
  const { outcome, states, seconds } = job.progress;
  const elapsed = seconds + (outcome ? 0 : (performance.now() - job.at) / 1000);
  const mark = !outcome
    ? pc.cyan(FRAMES[frame % FRAMES.length] ?? '')
    : outcome.kind === 'succeeded'
      ? pc.green('✓')
      : pc.red('✗');
  const latest = states.slice(-SHOWN_STATES);
  const path = latest.map((state, index) => (!outcome && index === latest.length - 1 ? pc.bold(state) : pc.dim(state)));
  if (latest.length < states.length) path.unshift(pc.dim('…'));
  return `${mark} ${name}  ${`${elapsed.toFixed(1)} s`.padStart(7)}  ${path.join(pc.dim(' › '))}`;
}

function plainView(): ProgressView {
  const shown = new Map<string, number>();
  return {
    show: ({ name, states, seconds, outcome }) => {
      const print = (text: string) => console.log(`${`${seconds.toFixed(1)} s`.padStart(7)}  ${name}: ${text}`);
      for (const state of states.slice(shown.get(name) ?? 0)) print(state);
      shown.set(name, states.length);
      if (outcome) print(outcome.kind);
    },
    done: () => undefined,
  };
}
