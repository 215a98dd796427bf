/** The routes that only read: one task, the task list, a batch of tasks, the credits, the models, the price rules. */
import { remainingUnits, type Accounts, type ApiKey } from './accounts';
import { ApiError } from './api-error';
import type { Behaviour } from './behaviour';
import { Catalogue } from './catalogue';
import type { SimulatorClock } from './clock';
import { creditNumber } from './credits';
import { faultReply } from './fault-reply';
import type { ReplyFault } from './faults';
import type { Call, Reply } from './http';
import { MODEL_NAMES } from './models';
import type { Prices } from './prices';
import type { Script } from './script';
import { parseJson } from './submissions';
import { belongsTo, type Task } from './task';
import { TASK_ID, TASK_ID_PREFIX } from './task-ids';
import { taskListPage } from './task-list';
import type { Tasks } from './tasks';

const LARGEST_BATCH = 50;

export class Queries {
  private readonly catalogue: Catalogue;

  constructor(
    private readonly tasks: Tasks,
    private readonly accounts: Accounts,
    private readonly script: Script,
    private readonly clock: SimulatorClock,
    private readonly behaviour: () => Behaviour,
    private readonly view: (task: Task) => unknown,
    prices: Prices,
  ) {
    this.catalogue = new Catalogue(prices);
  }

  task(call: Call): Reply {
    const { account } = this.authenticate(call);
    const id = taskIdIn(call.url.pathname);
    if (id === undefined || (this.behaviour().requireIdPrefix && !id.startsWith(TASK_ID_PREFIX))) {
      throw queryError('invalid_task_id', { param: 'task_id' });
    }
    const task = this.tasks.find(id);
    if (task === undefined) throw queryError('task_not_found');
    if (!belongsTo(task, account)) throw queryError('permission_denied');
    const { prompt, model } = task.request;
    const fault = this.script.forReply('query', { prompt, model, taskId: id }, task.rule);
    return withFault(fault, { status: 200, body: this.view(task) });
  }

  /** Newest first, of the whole account, unless the simulator behaves otherwise. */
  list(call: Call): Reply {
    const apiKey = this.authenticate(call);
    const { taskList } = this.behaviour();
    const body = taskListPage(this.tasks.index, apiKey, call.url.searchParams, taskList, this.clock.now());
    return withFault(this.script.forReply('list', {}), { status: 200, body });
  }

  /** Ids that are unknown, or of another account, are simply absent from the reply. */
  batch(call: Call): Reply {
    const { account } = this.authenticate(call);
    const ids = (parseJson(call.body) as { task_ids?: unknown } | null)?.task_ids;
    const isList = Array.isArray(ids) && ids.every((id): id is string => typeof id === 'string');
    if (!isList || ids.length < 1 || ids.length > LARGEST_BATCH) {
      const message = `task_ids: 1 to ${LARGEST_BATCH} task ids.`;
      throw ApiError.of('invalid_request', { param: 'task_ids', message, fields: { min: 1, max: LARGEST_BATCH } });
    }
    const found = ids.map((id) => this.tasks.find(id)).filter((task) => task !== undefined && belongsTo(task, account));
    const body = { code: 200, data: found.map((task) => this.view(task!)) };
    return withFault(this.script.forReply('batch', {}), { status: 200, body });
  }

  credits(call: Call): Reply {
    const { account, usage } = this.authenticate(call);
    const user = {
      remaining_credits: creditNumber(remainingUnits(account)),
      used_credits: creditNumber(account.used),
    };
    const fault = this.script.forReply('credits', {});
    const body =
      fault?.success === false
        ? { success: false, message: fault.message ?? 'The credits are not available' }
        : { success: true, message: '', data: { user, token: usage.view } };
    return withFault(fault, { status: 200, body });
  }

  /** What this key may use. */
  models(call: Call): Reply {
    const { usage } = this.authenticate(call);
    const names = MODEL_NAMES.filter((name) => usage.models?.includes(name) ?? true);
    const body = { object: 'list', data: names.map((id) => ({ id, object: 'model' })) };
    return withFault(this.script.forReply('models', {}), { status: 200, body });
  }

  /** Public: without a key. */
  priceRules(call: Call): Reply {
    const reply = this.catalogue.serve(call, this.clock.now());
    return withFault(this.script.forReply('prices', {}), reply);
  }

  private authenticate(call: Call): ApiKey {
    const apiKey = this.accounts.authenticate(call.headers.authorization);
    if (apiKey === undefined) throw queryError('unauthorized');
    apiKey.usage.admit('query');
    return apiKey;
  }
}

function queryError(code: string, more?: { readonly param: string }): ApiError {
  return ApiError.of(code, more, 'query');
}

function withFault(fault: ReplyFault | undefined, reply: Reply): Reply {
  return fault === undefined ? reply : faultReply(fault, reply);
}

/** Percent-encoded or not; undefined for what no task id can be. */
function taskIdIn(pathname: string): string | undefined {
  try {
    const id = decodeURIComponent(pathname.slice('/v1/tasks/'.length));
    return TASK_ID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
