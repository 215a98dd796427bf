/** Whether it is known that EvoLink honours idempotency keys: what became of a lost reply depends on it. */
import { RuntimeSettingsStore } from '../../../client/runtime-settings';
import type { Check } from './check';
import type { Deployment } from './deployment';

export function idempotencyCheck(deployment: Deployment): Check {
  return {
    id: 'idempotency',
    title: 'idempotency keys',
    rights: ['dynamodb:GetItem'],
    run: async () => {
      const { idempotency } = await new RuntimeSettingsStore(deployment.table).read();
      const command = `EVOLINK_API_KEY=… evolink-images verify --stack ${deployment.stack}`;
      const facts = {
        idempotency: idempotency?.state ?? 'unproven',
        since: idempotency?.since ?? null,
        by: idempotency?.by ?? null,
      };
      if (idempotency === undefined) {
        const advice = `Jobs go on; a reply that was lost is not repeated. To prove it, for at most one credit: ${command} (docs/verify.md)`;
        return {
          state: 'attention',
          text: 'unproven: nobody has seen yet that EvoLink honours them',
          advice: [advice],
          facts,
        };
      }
      const { state, since, by } = idempotency;
      const shown = { replay: 'a replayed answer', 'second task': 'a second task for one key', verify: 'verify' }[by];
      if (state === 'proven') return { state: 'ok', text: `proven since ${since}, by ${shown}`, facts };
      const advice = [
        'Lost replies are not repeated: such a job waits for its callback, or fails as SubmitOutcomeUnknown.',
        `Tell EvoLink's support; to look again: ${command} (docs/verify.md)`,
      ];
      return { state: 'attention', text: `refuted since ${since}, by ${shown}`, advice, facts };
    },
  };
}
