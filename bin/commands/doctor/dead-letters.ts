import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { grouped } from '../table';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { RUNBOOK } from './words';

/** How many there are; looking at them would hide them from others for a while. */
export function deadLettersCheck(deployment: Deployment): Check {
  return {
    id: 'dead-letters',
    title: 'dead letters',
    rights: ['sqs:GetQueueAttributes'],
    run: async () => {
      const sqs = await deployment.aws.sqs();
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: deployment.output('DeadLetterQueueUrl'),
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      const { ApproximateNumberOfMessages: waiting = 0, ApproximateNumberOfMessagesNotVisible: hidden = 0 } =
        Attributes;
      // Somebody looks at some of them right now: they are there all the same.
      const count = Number(waiting) + Number(hidden);
      const facts = { count };
      if (count === 0) return { state: 'ok', text: 'none', facts };
      const advice = `See what failed: evolink-images redrive --stack ${deployment.stack} (${RUNBOOK}#dead-letters)`;
      return { state: 'problem', text: `about ${grouped(count)}`, advice: [advice], facts };
    },
  };
}
