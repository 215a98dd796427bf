/** The item that operators change at run time: the emergency stop, and limits in place of the deployed ones. */
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CreditUnits } from '../domain/credits';
import { nonNegative } from '../domain/integers';
import { SETTINGS_KEY, type IdempotencyProof, type RuntimeSettings } from '../domain/settings';
import type { PipelineTable } from './pipeline-table';

/** What was done: `changed` is false when it was so already. */
export interface PauseResult {
  readonly changed: boolean;
  /** The stop that is in force now: an earlier one keeps its time and reason. */
  readonly paused: NonNullable<RuntimeSettings['paused']>;
}

export interface ResumeResult {
  readonly changed: boolean;
  /** The stop that was ended. */
  readonly paused?: RuntimeSettings['paused'];
}

export interface LimitResult {
  readonly changed: boolean;
  /** What replaced the deployed limit before, if anything did. */
  readonly previous?: CreditUnits;
}

export interface IdempotencyResult {
  readonly changed: boolean;
  /** What was known before, if anything was. */
  readonly previous?: IdempotencyProof;
}

/** Others changed the settings at the same moment, again and again. Nothing was written. */
export class SettingsBusyError extends Error {
  override readonly name = 'SettingsBusyError';
}

const MAX_ROUNDS = 5;

interface Change {
  readonly update: string;
  /** What was read must still be so. */
  readonly condition: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

/**
 * Reads and changes the settings of one pipeline. Each change is a conditional write of what was read a moment before,
 * so that it can say exactly what it did; each may be repeated.
 */
export class RuntimeSettingsStore {
  constructor(private readonly table: PipelineTable) {}

  async read(): Promise<RuntimeSettings> {
    const { client, tableName } = this.table;
    const { Item = {} } = await client.send(
      new GetCommand({ TableName: tableName, Key: { ...SETTINGS_KEY }, ConsistentRead: true }),
    );
    const { paused, budgetLimits, idempotency } = Item as RuntimeSettings;
    return { ...(paused && { paused }), ...(budgetLimits && { budgetLimits }), ...(idempotency && { idempotency }) };
  }

  /**
   * The emergency stop: from the next claim on no job is sent to EvoLink; running ones finish.
   *
   * @throws SettingsBusyError when others kept changing the settings
   */
  async pause(now: Date, reason?: string): Promise<PauseResult> {
    return this.change<PauseResult>(({ paused }) => {
      if (paused) return { done: { changed: false, paused } };
      const stop = { since: now.toISOString(), ...(reason !== undefined && { reason }) };
      return {
        write: {
          update: 'SET paused = :paused',
          condition: 'attribute_not_exists(paused)',
          values: { ':paused': stop },
        },
        then: { changed: true, paused: stop },
      };
    });
  }

  /** @throws SettingsBusyError when others kept changing the settings */
  async resume(): Promise<ResumeResult> {
    return this.change<ResumeResult>(({ paused }) => {
      if (!paused) return { done: { changed: false } };
      return {
        write: {
          update: 'REMOVE paused',
          condition: 'paused.since = :since',
          values: { ':since': paused.since },
        },
        then: { changed: true, paused },
      };
    });
  }

  /**
   * Puts a limit in place of the deployed one, for every claim from now on.
   *
   * @param id of the budget: `all-day`
   * @param limit credit units (10⁻⁴ credit); 0 lets nothing through
   * @throws SettingsBusyError when others kept changing the settings
   */
  async setBudgetLimit(id: string, limit: CreditUnits): Promise<LimitResult> {
    nonNegative(limit, 'limit');
    return this.change<LimitResult>(({ budgetLimits }) => {
      const previous = limitOf(budgetLimits, id);
      if (previous === limit) return { done: { changed: false, previous } };
      const write: Change = budgetLimits
        ? { ...sameLimit(id, previous), update: 'SET budgetLimits.#id = :limit' }
        : { update: 'SET budgetLimits = :limits', condition: 'attribute_not_exists(budgetLimits)' };
      const values = budgetLimits ? { ...write.values, ':limit': limit } : { ':limits': { [id]: limit } };
      return { write: { ...write, values }, then: { changed: true, previous } };
    });
  }

  /**
   * The deployed limit applies again.
   *
   * @throws SettingsBusyError when others kept changing the settings
   */
  async resetBudgetLimit(id: string): Promise<LimitResult> {
    return this.change<LimitResult>(({ budgetLimits }) => {
      const previous = limitOf(budgetLimits, id);
      if (previous === undefined) return { done: { changed: false } };
      return {
        write: { ...sameLimit(id, previous), update: 'REMOVE budgetLimits.#id' },
        then: { changed: true, previous },
      };
    });
  }

  /**
   * What `evolink-images verify` saw of EvoLink's idempotency keys. It replaces what was known before, also a second task:
   * the pipeline itself never takes that back.
   *
   * @param state what was seen
   * @param now when
   * @throws SettingsBusyError when others kept changing the settings
   */
  async setIdempotency(state: IdempotencyProof['state'], now: Date): Promise<IdempotencyResult> {
    return this.change<IdempotencyResult>(({ idempotency: previous }) => {
      if (previous?.state === state && previous.by === 'verify') return { done: { changed: false, previous } };
      const proof: IdempotencyProof = { state, since: now.toISOString(), by: 'verify' };
      return {
        write: {
          update: 'SET idempotency = :proof',
          condition: previous
            ? 'idempotency.#state = :state AND idempotency.since = :since'
            : 'attribute_not_exists(idempotency)',
          ...(previous && { names: { '#state': 'state' } }),
          values: { ':proof': proof, ...(previous && { ':state': previous.state, ':since': previous.since }) },
        },
        then: { changed: true, previous },
      };
    });
  }

  /** Decides on what is there, writes only if it still is, and looks again if it is not. */
  private async change<T>(decide: (settings: RuntimeSettings) => { done: T } | { write: Change; then: T }): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const decision = decide(await this.read());
      if ('done' in decision) return decision.done;
      if (await this.write(decision.write)) return decision.then;
    }
    throw new SettingsBusyError('others are changing the settings at the same moment; try again');
  }

  private async write({ update, condition, names, values }: Change): Promise<boolean> {
    const { client, tableName } = this.table;
    try {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { ...SETTINGS_KEY },
          UpdateExpression: update,
          ConditionExpression: condition,
          ...(names && { ExpressionAttributeNames: { ...names } }),
          ...(values && { ExpressionAttributeValues: { ...values } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }
}

function limitOf(limits: RuntimeSettings['budgetLimits'], id: string): CreditUnits | undefined {
  return limits && Object.hasOwn(limits, id) ? limits[id] : undefined;
}

/** The limit of this budget is still what was read; others' limits may change meanwhile. */
function sameLimit(id: string, previous: CreditUnits | undefined): Omit<Change, 'update'> {
  const names = { '#id': id };
  if (previous !== undefined) {
    return { condition: 'budgetLimits.#id = :previous', names, values: { ':previous': previous } };
  }
  return { condition: 'attribute_exists(budgetLimits) AND attribute_not_exists(budgetLimits.#id)', names };
}
