import { Duration, Names } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { CREDIT_SCOPES, DIMENSION, METRIC, METRICS_NAMESPACE, SERVICE_DIMENSION } from '../domain/constants';

/**
 * The metrics of a pipeline that speak of money. What is counted as it happens is a sum; what is read from the ledger
 * every few minutes is a gauge: a figure that is ready to be shown, so that no widget has to calculate.
 */
export abstract class CostMetrics extends Construct {
  /** The pipeline's unique name: the dimension `service` of each metric. */
  public readonly serviceName: string;

  /** CloudWatch namespace of the pipeline's metrics. */
  public readonly metricsNamespace: string;

  constructor(scope: Construct, id: string, metricsNamespace?: string) {
    super(scope, id);
    this.serviceName = Names.uniqueResourceName(this, { maxLength: 60, separator: '-' });
    this.metricsNamespace = metricsNamespace ?? METRICS_NAMESPACE;
  }

  /**
   * Credits that EvoLink charged, with four decimals. Also by `Model` and `Quality` together, and by `Tenant` for the
   * tenants that the pipeline was told.
   *
   * @default - sum over 5 minutes
   */
  public metricCreditsUsed(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsUsed, Stats.SUM, props);
  }

  /**
   * What those credits cost in US dollars. Also by `Model` and `Quality` together, and by `Tenant` for the tenants that
   * the pipeline was told.
   *
   * @default - sum over 5 minutes
   */
  public metricCostUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costUsd, Stats.SUM, props);
  }

  /**
   * How far the likely estimate lay above the charge (below it: negative), in per cent of the charge.
   *
   * @default - average over 5 minutes
   */
  public metricEstimateErrorPercent(props?: MetricOptions): Metric {
    return this.metric(METRIC.estimateErrorPercent, Stats.AVERAGE, props);
  }

  /**
   * Credits that were charged above what their attempts had held: the only way in which a budget can be exceeded. Each
   * booking without such an overrun counts 0.
   *
   * @default - sum over 5 minutes
   */
  public metricOverrunCredits(props?: MetricOptions): Metric {
    return this.metric(METRIC.overrunCredits, Stats.SUM, props);
  }

  /**
   * Tokens of pictures that were made.
   *
   * @default - sum over 5 minutes
   */
  public metricOutputTokens(props?: MetricOptions): Metric {
    return this.metric(METRIC.outputTokens, Stats.SUM, props);
  }

  /**
   * Tokens of reference images, cached ones included.
   *
   * @default - sum over 5 minutes
   */
  public metricImageInputTokens(props?: MetricOptions): Metric {
    return this.metric(METRIC.imageInputTokens, Stats.SUM, props);
  }

  /**
   * Tokens of prompts, cached ones included.
   *
   * @default - sum over 5 minutes
   */
  public metricTextTokens(props?: MetricOptions): Metric {
    return this.metric(METRIC.textTokens, Stats.SUM, props);
  }

  /**
   * Of these, the tokens that were charged at the cheaper rate for cached input.
   *
   * @default - sum over 5 minutes
   */
  public metricCachedTokens(props?: MetricOptions): Metric {
    return this.metric(METRIC.cachedTokens, Stats.SUM, props);
  }

  /**
   * Gauge: credits that are held for attempts that are still open.
   *
   * @default - maximum over 5 minutes
   */
  public metricCreditsHeld(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsHeld, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: credits booked since midnight (UTC).
   *
   * @default - maximum over 5 minutes
   */
  public metricCreditsToday(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsToday, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: credits booked since the first of the month (UTC).
   *
   * @default - maximum over 5 minutes
   */
  public metricCreditsThisMonth(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsThisMonth, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: credits that this month will take if it goes on like this.
   *
   * @default - maximum over 5 minutes
   */
  public metricCreditsForecastMonth(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsForecastMonth, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: US dollars booked since midnight (UTC).
   *
   * @default - maximum over 5 minutes
   */
  public metricCostTodayUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costTodayUsd, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: US dollars booked since the first of the month (UTC).
   *
   * @default - maximum over 5 minutes
   */
  public metricCostThisMonthUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costThisMonthUsd, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: US dollars that this month will take if it goes on like this.
   *
   * @default - maximum over 5 minutes
   */
  public metricCostForecastMonthUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costForecastMonthUsd, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: US dollars for an image, on average of this month.
   *
   * @default - maximum over 5 minutes
   */
  public metricCostPerImageUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costPerImageUsd, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: credits that EvoLink says are left. By `Scope`: of the `account`, or of the pipeline's own `key` where that
   * has a limit.
   *
   * @default - minimum over 5 minutes, of the account
   */
  public metricCreditsRemaining(props?: MetricOptions): Metric {
    const [account] = CREDIT_SCOPES;
    const dimensionsMap = { [DIMENSION.scope]: account, ...props?.dimensionsMap };
    return this.metric(METRIC.creditsRemaining, Stats.MINIMUM, { ...props, dimensionsMap });
  }

  /**
   * Gauge: days for which the remaining credits last at the rate of the last seven days, at most 999.
   *
   * @default - minimum over 5 minutes
   */
  public metricCreditsDaysLeft(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsDaysLeft, Stats.MINIMUM, props);
  }

  /**
   * Gauge: how much of a budget is spent or held, in per cent of its limit. A budget of each tenant is also by
   * `Tenant`, and only so.
   *
   * @param budgetId the budget's id, such as `all-day`
   * @param props options of the metric
   * @default - maximum over 5 minutes
   */
  public metricBudgetUsePercent(budgetId: string, props?: MetricOptions): Metric {
    const dimensionsMap = { [DIMENSION.budget]: budgetId, ...props?.dimensionsMap };
    return this.metric(METRIC.budgetUsePercent, Stats.MAXIMUM, { ...props, dimensionsMap });
  }

  /**
   * Gauge: credits by which the ledger and EvoLink's own account of the key differ, without sign; 0 while open holds
   * explain the difference. Anything else has been found in two looks running.
   *
   * @default - maximum over 5 minutes
   */
  public metricLedgerDriftCredits(props?: MetricOptions): Metric {
    return this.metric(METRIC.ledgerDriftCredits, Stats.MAXIMUM, props);
  }

  /**
   * Gauge: prices by which the pipeline estimates and that differ from EvoLink's public price rules, which are read once
   * a day; 0 when all are equal. Prices of your own (`prices`) are not counted.
   *
   * @default - maximum over 5 minutes
   */
  public metricPriceDifferences(props?: MetricOptions): Metric {
    return this.metric(METRIC.priceDifferences, Stats.MAXIMUM, props);
  }

  /** Options come last, so that each of them can be changed; the pipeline's own dimension stays. */
  protected metric(metricName: string, statistic: string, props?: MetricOptions): Metric {
    return new Metric({
      namespace: this.metricsNamespace,
      metricName,
      statistic,
      period: Duration.minutes(5),
      ...props,
      dimensionsMap: { [SERVICE_DIMENSION]: this.serviceName, ...props?.dimensionsMap },
    }).attachTo(this);
  }
}
