import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { printable } from '../table';
import type { Check } from './check';
import type { Deployment } from './deployment';

/** Each alarm's description ends with the address of its section of the runbook. */
const WHAT_TO_DO = ' What to do: ';

export function alarmsCheck(deployment: Deployment): Check {
  return {
    id: 'alarms',
    title: 'alarms',
    rights: ['cloudformation:ListStackResources', 'cloudwatch:DescribeAlarms'],
    run: async () => {
      const alarms = await deployment.alarms();
      const raised = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
      const blind = alarms.filter(({ StateValue }) => StateValue === 'INSUFFICIENT_DATA');
      const facts = {
        count: alarms.length,
        in_alarm: raised.map(alarmJson),
        without_data: blind.map(alarmJson),
        actions: alarms.some(({ AlarmActions = [] }) => AlarmActions.length > 0),
      };
      const told = facts.actions ? '' : '; they tell nobody (property alarms.topic, or setting alarmEmail)';
      const ofAll = (some: readonly MetricAlarm[]) => `${some.length} of ${alarms.length}`;
      if (raised.length > 0) {
        const text = `${ofAll(raised)} in ALARM${told}`;
        return { state: 'problem', text, advice: raised.map(adviceFor), facts };
      }
      if (alarms.length === 0) return { state: 'attention', text: 'the stack has none', facts };
      if (blind.length > 0) {
        // A gauge that was never reported, or an alarm that is new.
        const text = `none in ALARM, ${ofAll(blind)} without data${told}`;
        const advice = 'New ones need some minutes; what lasts is a figure that is not reported.';
        return { state: 'attention', text, advice: [advice], facts };
      }
      return { state: 'ok', text: `${alarms.length}, none in ALARM${told}`, facts };
    },
  };
}

function parts({ AlarmName = '', AlarmDescription = '' }: MetricAlarm): { sentence: string; section?: string } {
  const [text = '', section] = AlarmDescription.split(WHAT_TO_DO);
  // What it means; why the threshold is where it is says the rest.
  const sentence = /^.*?[.!](?= |$)/.exec(text)?.[0] ?? AlarmName;
  return { sentence: printable(sentence), ...(section !== undefined && { section: printable(section) }) };
}

function adviceFor(alarm: MetricAlarm): string {
  const { sentence, section } = parts(alarm);
  return section === undefined ? sentence : `${sentence} ${section}`;
}

function alarmJson(alarm: MetricAlarm): Record<string, unknown> {
  const { sentence, section } = parts(alarm);
  return { name: alarm.AlarmName, what: sentence, runbook: section ?? null };
}
