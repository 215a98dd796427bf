/** Whether the sweep ran lately: each run reports the age of the oldest open attempt, also when none is open. */
import { METRIC } from '../../../domain/constants';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { metricSeries } from './metric-series';
import { duration, RUNBOOK } from './words';

/** Of the alarm, as long as sweeps come by the minute. */
const USUAL_PERIOD_SECONDS = 300;
/** CloudWatch keeps data by the minute, and the logs that they come from take a moment. */
const DELAY_SECONDS = 120;
const LOOK_BACK_SECONDS = 3 * 3_600;

export function sweepCheck(deployment: Deployment): Check {
  return {
    id: 'sweep',
    title: 'sweep',
    rights: ['cloudwatch:GetMetricData'],
    run: async () => {
      const now = deployment.io.now();
      const since = new Date(now.getTime() - LOOK_BACK_SECONDS * 1_000);
      const [alarm, { times }] = await Promise.all([
        deployment.ageAlarm(),
        metricSeries(deployment, { name: METRIC.oldestOpenAttemptSeconds, statistic: 'Maximum', since }),
      ]);
      // Each period of the alarm sees one sweep at least, however far apart they are.
      const patience = (alarm?.Period ?? USUAL_PERIOD_SECONDS) + DELAY_SECONDS;
      const latest = times.length > 0 ? Math.max(...times.map((time) => time.getTime())) : undefined;
      const facts = { last_reported_at: latest === undefined ? null : new Date(latest).toISOString() };
      const age = latest === undefined ? Infinity : Math.max(0, (now.getTime() - latest) / 1_000);
      if (age <= patience) return { state: 'ok', text: `reported ${duration(age)} ago`, facts };
      const silence = latest === undefined ? `the last ${duration(LOOK_BACK_SECONDS)}` : duration(age);
      const advice = `Tasks without a callback are not found, and queued jobs may wait: ${RUNBOOK}#oldest-open-attempt (just deployed? Wait some minutes.)`;
      return { state: 'problem', text: `has not reported for ${silence}`, advice: [advice], facts };
    },
  };
}
