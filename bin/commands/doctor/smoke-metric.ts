/** Metrics are made from logs, by CloudWatch: they come a while after what they tell of. */
import { METRIC } from '../../../domain/constants';
import { type CreditUnits, formatCredits, UNITS_PER_CREDIT } from '../../../domain/credits';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { metricSeries } from './metric-series';
import { duration, RUNBOOK } from './words';

const PATIENCE_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/** Others may spend at the same time: what has arrived is this job's charge at least. */
export function metricCheck(
  deployment: Deployment,
  { since, used }: { readonly since: Date; readonly used: CreditUnits },
): Check {
  return {
    id: 'metric',
    title: 'metric',
    rights: ['cloudwatch:GetMetricData'],
    limitMs: PATIENCE_MS + 60_000,
    run: async () => {
      let waited = 0;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
        const { values } = await metricSeries(deployment, { name: METRIC.creditsUsed, statistic: 'Sum', since });
        const arrived = Math.round(values.reduce((sum, value) => sum + value, 0) * UNITS_PER_CREDIT);
        const facts = { credits_arrived: formatCredits(arrived), waited_seconds: waited / 1_000 };
        if (values.length > 0 && arrived >= used) {
          return { state: 'ok', text: `${METRIC.creditsUsed} arrived in CloudWatch`, facts };
        }
        if (waited >= PATIENCE_MS) {
          const text = `${METRIC.creditsUsed} did not arrive in CloudWatch within ${duration(PATIENCE_MS / 1_000)}`;
          const advice = `Dashboard and alarms see nothing then: look for the line in the functions' logs. ${RUNBOOK}#gauges-missing`;
          return { state: 'problem', text, advice: [advice], facts };
        }
        await deployment.io.sleep(pause);
        waited += pause;
      }
    },
  };
}
