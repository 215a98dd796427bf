import type { Credits, Task } from '../../evolink/types';
import type { Provider } from '../../lambda/shared/provider';
import { TASK_ID } from './jobs';

const RESULT = 'https://files.evolink.ai/account/images/file_0.png';

export function aTask(task: Partial<Task> = {}): Task {
  return { id: TASK_ID, status: 'processing', rawStatus: task.status ?? 'processing', results: [], ...task };
}

export function aCompletedTask(task: Partial<Task> = {}): Task {
  const usage = { billing_rule: 'per_token', credits_reserved: 3.2241, credits_used: 0.3682 };
  return aTask({ status: 'completed', model: 'gpt-image-2', results: [RESULT], usage, ...task });
}

export function aFailedTask(code: string, task: Partial<Task> = {}): Task {
  return aTask({ status: 'failed', error: { code, message: 'said EvoLink' }, ...task });
}

/** EvoLink behind the provider: tasks by id, each answered as it is when it is asked for. */
export class FakeEvolink {
  readonly tasks = new Map<string, Task | Error>();
  /** Ids that were asked for. */
  readonly asked: string[] = [];
  /** What it says of the balance. */
  credits: Credits | Error = new Error('no balance in this test');
  readonly provider = {
    call: (use: (client: unknown) => Promise<unknown>) =>
      use({ getTask: (id: string) => this.getTask(id), getCredits: () => this.getCredits() }),
  } as unknown as Provider;

  constructor(private readonly before?: (id: string) => unknown) {}

  set(task: Task): this {
    this.tasks.set(task.id, task);
    return this;
  }

  private async getCredits(): Promise<Credits> {
    await this.before?.('credits');
    if (this.credits instanceof Error) throw this.credits;
    return this.credits;
  }

  private async getTask(id: string): Promise<Task> {
    this.asked.push(id);
    await this.before?.(id);
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id} in this test`);
    if (task instanceof Error) throw task;
    return task;
  }
}
