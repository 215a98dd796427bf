import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import type { ArchivedImage } from '../../../domain/job';
import { ledgerKey } from '../../../domain/ledger';
import type { Attempt, StoredFailure, SubmitError } from './attempt';
import { isTerminal, tokensOf } from './attempt';
import { AttemptReader } from './attempt-reader';
import * as items from './items';
import type { ConditionalUpdate } from './conditional-update';
import { conditionalUpdate } from './conditional-update';
import { ConditionFailedError, transact } from './transact';

/** Nobody has to look after it any more. */
const OUT_OF_INDEX = [TABLE.openIndexPartitionKey, TABLE.openIndexSortKey];

/**
 * The attempts of one pipeline. Every change of state is one conditional write, so two that race find out here which
 * of them came second; nothing is decided by reading first.
 */
export class AttemptTable extends AttemptReader {
  /**
   * Gives the attempt its task, once: a second task for the attempt, or a second attempt for the task, is refused.
   * Linking the same pair again is no fault.
   *
   * @param despite - what a callback has called its task, where that one is kept elsewhere by now
   * @returns `named otherwise` when a callback has called its task by another id, which must not get lost
   */
  async link(
    attemptId: string,
    taskId: string,
    submittedAt: number,
    nextCheckAt: number,
    despite?: string,
  ): Promise<'linked' | 'refused' | 'named otherwise'> {
    try {
      await transact(this.client, [
        {
          Update: {
            TableName: this.tableName,
            Key: items.attemptKey(attemptId),
            UpdateExpression:
              // In the index also where it was given up before: what comes to light late is looked after again.
              'SET #status = :submitted, taskId = :taskId, submittedAt = :submittedAt, nextCheckAt = :nextCheckAt, ' +
              'openShard = :shard REMOVE submission, submitError',
            ConditionExpression:
              'attribute_not_exists(taskId) AND #status IN (:submitting, :unknown) ' +
              `AND (attribute_not_exists(hintedTaskId) OR hintedTaskId IN (:taskId${despite ? ', :despite' : ''}))`,
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: {
              ':submitted': 'SUBMITTED',
              ':submitting': 'SUBMITTING',
              ':unknown': 'SUBMIT_UNKNOWN',
              ':taskId': taskId,
              ':submittedAt': submittedAt,
              ':nextCheckAt': nextCheckAt,
              ':shard': items.openShard(attemptId),
              ...(despite ? { ':despite': despite } : {}),
            },
          },
        },
        {
          Put: {
            TableName: this.tableName,
            Item: { ...items.taskKey(taskId), attemptId, expiresAt: items.expiresAt(this.now()) },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
      ]);
      return 'linked';
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      const current = await this.get(attemptId);
      if (current?.taskId === taskId) return 'linked';
      const isOpen = current !== undefined && current.taskId === undefined && !isTerminal(current);
      const isNamed = isOpen && ![undefined, taskId, despite].includes(current.hintedTaskId);
      return isNamed ? 'named otherwise' : 'refused';
    }
  }

  /** The POST was answered so that there may be a task: from here on only EvoLink can say whether there is one. */
  async markSubmitUnknown(attemptId: string, submitError: SubmitError, nextCheckAt: number): Promise<void> {
    await this.update(attemptId, {
      set: { '#status': 'SUBMIT_UNKNOWN', submitError, nextCheckAt },
      condition: '#status IN (:submitting, :unknown) AND attribute_not_exists(taskId)',
      values: { ':submitting': 'SUBMITTING', ':unknown': 'SUBMIT_UNKNOWN' },
    });
  }

  /**
   * The same submission is about to be sent again. From here on its outcome is unknown, whatever earlier answers said,
   * should this run be killed; and no other run sends it before `inFlight.repeatAfter`. `false` when something has named a
   * task, nobody wants it any more, or another run was first: then nothing may be sent.
   *
   * @param seen - what the row says of the POST before, as it was read
   */
  async takeRepeat(attemptId: string, seen: SubmitError | undefined, inFlight: SubmitError): Promise<boolean> {
    return this.update(attemptId, {
      set: { '#status': 'SUBMIT_UNKNOWN', submitError: inFlight },
      condition:
        '#status IN (:submitting, :unknown) AND attribute_exists(submission) AND attribute_not_exists(taskId)' +
        ' AND attribute_not_exists(hintedTaskId) AND attribute_not_exists(deliveredAt)' +
        ' AND attribute_not_exists(orphanedAt) AND attribute_not_exists(unsent) AND ' +
        (seen === undefined ? 'attribute_not_exists(submitError)' : 'submitError.repeatAfter = :seen'),
      values: {
        ':submitting': 'SUBMITTING',
        ':unknown': 'SUBMIT_UNKNOWN',
        ...(seen === undefined ? {} : { ':seen': seen.repeatAfter }),
      },
    });
  }

  /**
   * The API key is another one than the attempt was let through with. `keyChanged`: a POST had been made with the old one.
   * `false` when the attempt got a task or ended meanwhile: then nothing may be sent.
   */
  async setKeyVersion(attemptId: string, keyVersion: string | undefined, keyChanged: boolean): Promise<boolean> {
    return this.update(attemptId, {
      set: { ...(keyVersion === undefined ? {} : { keyVersion }), keyChanged },
      condition: '#status = :submitting AND attribute_not_exists(taskId)',
      values: { ':submitting': 'SUBMITTING' },
    });
  }

  /**
   * Step Functions repeated the state: the newest token is the one that waits, and it has not been answered yet. Nothing
   * says which of two is newer, and a call that was thought lost may come after the one that repeated it. So the token
   * that was there is kept, and a token that was there before is no news.
   */
  async adoptToken(found: Attempt, taskToken: string, nextCheckAt: number): Promise<void> {
    for (let seen: Attempt | undefined = found; seen && !tokensOf(seen).includes(taskToken);) {
      const adopted = await this.update(seen.attemptId, {
        set: {
          taskToken,
          earlierTokens: [...(seen.earlierTokens ?? []), seen.taskToken],
          // One in the queue is due when its time there is up.
          nextCheckAt: seen.status === 'QUEUED' ? (seen.nextCheckAt ?? nextCheckAt) : nextCheckAt,
          [TABLE.openIndexPartitionKey]: items.openShard(seen.attemptId),
        },
        // Somebody waits again: a job that was stopped may be redriven.
        remove: ['deliveredAt', 'orphanedAt'],
        condition: 'taskToken = :seen AND #status = :asSeen',
        values: { ':seen': seen.taskToken, ':asSeen': seen.status },
      });
      if (adopted) return;
      seen = await this.get(seen.attemptId);
    }
  }

  /**
   * The task token was answered. A success still has to be archived; every other end needs nobody any more.
   * Does nothing when a newer token took the place of the one that was answered.
   */
  async markDelivered(attempt: Attempt, closed: boolean): Promise<void> {
    await this.update(attempt.attemptId, {
      set: { deliveredAt: this.now() },
      remove: closed ? OUT_OF_INDEX : [],
      condition: 'taskToken = :token',
      values: { ':token': attempt.taskToken },
    });
  }

  /**
   * Takes the attempt's next check, so that overlapping sweeps never ask EvoLink twice for one task; `false` when
   * another took it or the attempt needs nobody any more.
   */
  async takeCheck(seen: Pick<Attempt, 'attemptId' | 'nextCheckAt' | 'checks'>, nextCheckAt: number): Promise<boolean> {
    return this.update(seen.attemptId, {
      set: { nextCheckAt, checks: seen.checks + 1 },
      condition: 'nextCheckAt = :seen AND checks = :seenChecks',
      values: { ':seen': seen.nextCheckAt, ':seenChecks': seen.checks },
    });
  }

  /** Its task is completed but has no links yet: from here on its checks are counted anew. */
  async noteEmpty(attemptId: string): Promise<void> {
    await this.update(attemptId, {
      set: { emptySince: this.now(), checks: 0 },
      condition: 'attribute_not_exists(emptySince) AND attribute_exists(taskId)',
    });
  }

  /** Makes an open attempt due sooner: a callback said that there is something to see. */
  async checkBy(attemptId: string, nextCheckAt: number): Promise<void> {
    await this.update(attemptId, {
      set: { nextCheckAt },
      condition: 'nextCheckAt > :nextCheckAt',
    });
  }

  async addImage(attempt: Attempt, index: number, image: ArchivedImage): Promise<void> {
    await this.client.send(
      new PutCommand({
        TableName: this.tableName,
        Item: {
          ...items.imageKey(attempt.attemptId, index),
          image,
          expiresAt: items.expiresAt(attempt.createdAt),
        },
      }),
    );
  }

  /**
   * Images and manifest are in S3: the attempt is closed. `false` when another run was first, or when the attempt became
   * an orphan since it was read, which the manifest has to say.
   */
  async markArchived({ attemptId, orphanedAt }: Attempt, archivedAt: number): Promise<boolean> {
    return this.update(attemptId, {
      set: { archivedAt },
      remove: OUT_OF_INDEX,
      condition: `attribute_not_exists(archivedAt) AND ${orphanedAt === undefined ? 'attribute_not_exists' : 'attribute_exists'}(orphanedAt)`,
    });
  }

  /**
   * Nobody waits for the attempt any more, but it is sent or paid for: what it delivers is to be salvaged. Only the token
   * that was seen may be given up so; a newer one waits again. `false` when it was no news.
   */
  async markOrphaned(seen: Attempt): Promise<boolean> {
    return this.update(seen.attemptId, {
      set: {
        orphanedAt: this.now(),
        nextCheckAt: isTerminal(seen) ? this.now() : (seen.nextCheckAt ?? this.now()),
        [TABLE.openIndexPartitionKey]: items.openShard(seen.attemptId),
      },
      // It is not sent again for a job that is over.
      remove: ['submission'],
      condition:
        'taskToken = :token AND #status <> :failed AND #status <> :cancelled AND attribute_not_exists(orphanedAt)' +
        ' AND attribute_not_exists(archivedAt) AND attribute_not_exists(lostAt)',
      values: { ':token': seen.taskToken, ':failed': 'FAILED', ':cancelled': 'CANCELLED' },
    });
  }

  /** Paid for, but its images were not saved in the day that their links lived: given up. `false` when it was no news. */
  async markImagesLost({ attemptId }: Attempt): Promise<boolean> {
    return this.update(attemptId, {
      set: { lostAt: this.now() },
      remove: OUT_OF_INDEX,
      // What is in the index is not given up yet; an attempt that was lost before its end came is given up once more.
      condition: `attribute_not_exists(archivedAt) AND attribute_exists(${TABLE.openIndexSortKey})`,
    });
  }

  /** Its images are saved, and nobody has to look after it any more. */
  async close({ attemptId, archivedAt }: Attempt): Promise<void> {
    await this.update(attemptId, {
      set: { archivedAt },
      remove: OUT_OF_INDEX,
      condition: 'attribute_exists(archivedAt)',
    });
  }

  /** The attempt is to end without a task, which could not be booked: the sweep is to end it. */
  async markUnsent(attemptId: string, failure: StoredFailure): Promise<void> {
    await this.update(attemptId, {
      set: { unsent: failure, nextCheckAt: this.now() },
      condition: '#status IN (:submitting, :unknown) AND attribute_not_exists(taskId)',
      values: { ':submitting': 'SUBMITTING', ':unknown': 'SUBMIT_UNKNOWN' },
    });
  }

  /** The ledger says which images were saved although nobody waited for them any more. */
  async noteSalvaged(attempt: Attempt): Promise<void> {
    const key = { ...ledgerKey(attempt.completedAt ?? attempt.createdAt, attempt.attemptId) };
    await conditionalUpdate(this.client, this.tableName, {
      key,
      set: { salvaged: true },
      condition: 'attribute_not_exists(salvaged)',
    });
  }

  private update(attemptId: string, change: Omit<ConditionalUpdate, 'key'>): Promise<boolean> {
    return conditionalUpdate(this.client, this.tableName, { key: items.attemptKey(attemptId), ...change });
  }
}
