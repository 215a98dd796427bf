/** The routes that only read: one task, the task list, a batch of tasks, the credits. */
import { remainingUnits, type Account, type Accounts } from './accounts';
import { ApiError } from './api-error';
import { creditNumber } from './billing';
import type { SimulatorClock } from './clock';
import { faultReply } from './fault-reply';
import type { ReplyFault, Script } from './faults';
import type { Call, Reply } from './http';
import { parseJson } from './submissions';
import { TASK_ID_PREFIX, type Tasks } from './tasks';
import { listView, shownStatus, taskView, type LinkOf } from './views';

const LARGEST_BATCH = 50;
const LARGEST_PAGE = 100;

export class Queries {
  constructor(
    private readonly tasks: Tasks,
    private readonly accounts: Accounts,
    private readonly script: Script,
    private readonly clock: SimulatorClock,
    private readonly linkOf: LinkOf,
  ) {}

  task(call: Call): Reply {
    const account = this.authenticate(call);
    const id = call.url.pathname.slice('/v1/tasks/'.length);
    if (!id.startsWith(TASK_ID_PREFIX)) throw ApiError.of('invalidTaskId', { param: 'task_id' });
    const task = this.tasks.find(id);
    if (task === undefined) throw ApiError.of('taskNotFound');
    if (task.account.key !== account.key) throw ApiError.of('permissionDenied');
    const { prompt, model } = task.request;
    const fault = this.script.forReply('query', { prompt, model, taskId: id }, task.rule);
    return withFault(fault, { status: 200, body: taskView(task, this.clock.now(), this.linkOf) });
  }

  /** Newest first. EvoLink documents neither the order nor the page limits. */
  list(call: Call): Reply {
    const account = this.authenticate(call);
    const query = call.url.searchParams;
    const page = wholeNumber(query.get('page'), 1);
    const pageSize = Math.min(LARGEST_PAGE, wholeNumber(query.get('page_size'), 20));
    const wanted = { status: query.get('status'), type: query.get('type'), model: query.get('model') };
    const found = this.tasks
      .all()
      .reverse()
      .filter((task) => task.account.key === account.key)
      .filter((task) => wanted.status === null || wanted.status === shownStatus(task))
      .filter(() => wanted.type === null || wanted.type === 'image')
      .filter((task) => wanted.model === null || wanted.model === task.request.model);
    const rows = found.slice((page - 1) * pageSize, page * pageSize);
    const data = rows.map((task) => listView(task, this.clock.now()));
    const body = { object: 'list', total: found.length, page, page_size: pageSize, data };
    return withFault(this.script.forReply('list', {}), { status: 200, body });
  }

  batch(call: Call): Reply {
    const account = this.authenticate(call);
    const ids = (parseJson(call.body) as { task_ids?: unknown } | null)?.task_ids;
    if (!Array.isArray(ids) || ids.length > LARGEST_BATCH) {
      throw ApiError.of('invalidRequest', {
        param: 'task_ids',
        message: `task_ids: at most ${LARGEST_BATCH} task ids.`,
      });
    }
    const data = ids
      .map((id) => this.tasks.find(String(id)))
      .filter((task) => task?.account.key === account.key)
      .map((task) => taskView(task!, this.clock.now(), this.linkOf));
    return { status: 200, body: { code: 200, data } };
  }

  credits(call: Call): Reply {
    const account = this.authenticate(call);
    const figures = {
      remaining_credits: creditNumber(remainingUnits(account)),
      used_credits: creditNumber(account.used),
    };
    const data = { user: figures, token: { ...figures, unlimited_credits: false } };
    return withFault(this.script.forReply('credits', {}), { status: 200, body: { success: true, message: '', data } });
  }

  private authenticate(call: Call): Account {
    const account = this.accounts.authenticate(call.headers.authorization);
    if (account === undefined) throw ApiError.of('queryUnauthorized');
    return account;
  }
}

function withFault(fault: ReplyFault | undefined, reply: Reply): Reply {
  return fault === undefined ? reply : faultReply(fault, reply);
}

function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d{0,6}$/.test(text) ? Number(text) : otherwise;
}
