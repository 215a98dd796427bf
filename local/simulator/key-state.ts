/** What an API key by itself may do: its state, its models, its limits. The balance is the account's. */
import { ApiError } from './api-error';
import { creditNumber, creditUnits } from './credits';

/** Whether a key may be used. */
export interface KeyState {
  /** `revoked`: as if the key had never been. `user_disabled`: the account behind it is disabled. */
  readonly is: 'active' | 'disabled' | 'expired' | 'user_disabled' | 'revoked';
  /** @default 401 - 403 for `user_disabled` */
  readonly status?: 401 | 402 | 403;
  /** Refuses submissions only; EvoLink does not say what the other routes answer. @default false */
  readonly submitOnly?: boolean;
}

/** What belongs to the key and not to its account. */
export interface KeySettings {
  /** @default - active */
  readonly state?: KeyState;
  /** Models that the key may use; `null` for all. @default null */
  readonly models?: readonly string[] | null;
  /** The code that refuses another model, with 403. @default 'key_model_not_allowed' */
  readonly modelRefusal?: 'key_model_not_allowed' | 'model_access_denied';
  /** Credits that the key may spend in all, decimal text; `null` for no limit. @default null */
  readonly limit?: string | null;
  /** Credits that the key may spend in a day, decimal text; `null` for no limit. @default null */
  readonly dailyLimit?: string | null;
  /** IANA name of the zone at whose midnight the daily limit starts anew. @default 'UTC' */
  readonly resetTimezone?: string;
}

const SETTINGS = ['state', 'models', 'modelRefusal', 'limit', 'dailyLimit', 'resetTimezone'];

const REFUSALS = {
  disabled: { code: 'key_disabled', status: 401 },
  expired: { code: 'key_expired', status: 401 },
  user_disabled: { code: 'user_disabled', status: 403 },
} as const;

const ACTION_URL = 'https://evolink.ai/dashboard/billing';

export class KeyUsage {
  private settings: KeySettings = {};
  /** Amounts in 10^-4 credit: of the key in all, and of tasks that were submitted on `day`. */
  private reserved = 0;
  private used = 0;
  private day = '';
  private dayUnits = 0;

  constructor(
    settings: KeySettings,
    private readonly now: () => number,
  ) {
    this.change(settings);
  }

  /** Overwrites what is given. Throws TypeError or RangeError if it makes no sense, and then changes nothing. */
  change(settings: KeySettings): void {
    const unknown = Object.keys(settings).filter((name) => !SETTINGS.includes(name));
    if (unknown.length > 0)
      throw new TypeError(`A key has no '${unknown.join("', '")}'; it has ${SETTINGS.join(', ')}.`);
    const { state, limit, dailyLimit, resetTimezone } = settings;
    if (state !== undefined && !['active', 'revoked', ...Object.keys(REFUSALS)].includes(state.is)) {
      throw new TypeError(`A key cannot be '${state.is}'.`);
    }
    if (limit != null) creditUnits(limit);
    if (dailyLimit != null) creditUnits(dailyLimit);
    if (resetTimezone !== undefined) dayIn(resetTimezone, 0);
    const before = this.zone;
    this.settings = { ...this.settings, ...settings };
    // Another zone has other days.
    if (this.zone !== before) this.day = dayIn(this.zone, this.now());
  }

  get isRevoked(): boolean {
    return this.settings.state?.is === 'revoked';
  }

  get models(): readonly string[] | undefined {
    return this.settings.models ?? undefined;
  }

  /** Refuses a request with a key that is disabled or expired, or whose account is. */
  admit(route: 'submit' | 'query'): void {
    const { is, status, submitOnly = false } = this.settings.state ?? { is: 'active' };
    if (is === 'active' || is === 'revoked' || (submitOnly && route === 'query')) return;
    throw ApiError.of(REFUSALS[is].code, { status: status ?? REFUSALS[is].status });
  }

  admitModel(model: string): void {
    const { models, modelRefusal = 'key_model_not_allowed' } = this.settings;
    if (models == null || models.includes(model)) return;
    const fields = modelRefusal === 'key_model_not_allowed' ? { allowed_models: models } : undefined;
    throw ApiError.of(modelRefusal, { fields });
  }

  /** Refuses a hold above what the key may still spend, in all or today. */
  admitHold(units: number): void {
    const { limit, dailyLimit } = this.settings;
    const common = { estimated_credits: creditNumber(units), action_url: ACTION_URL };
    if (limit != null && this.used + this.reserved + units > creditUnits(limit)) {
      const fields = { ...common, ...this.figures(), total_limit_credits: Number(limit) };
      throw ApiError.of('insufficient_token_quota', { fields });
    }
    if (dailyLimit != null && this.today() + units > creditUnits(dailyLimit)) {
      throw ApiError.of('token_daily_quota_exceeded', { fields: { ...common, ...this.dailyFigures() } });
    }
  }

  /** Changes what is held and what is spent, of a task that was submitted at the given time. */
  book(reserved: number, used: number, heldAt = this.now()): void {
    this.reserved += reserved;
    this.used += used;
    this.today();
    if (dayIn(this.zone, heldAt) === this.day) this.dayUnits += reserved + used;
  }

  /** The `token` block of the credits route. Without a limit, what remains means nothing, and is 0. */
  get view(): Record<string, unknown> {
    return {
      ...this.figures(),
      unlimited_credits: this.settings.limit == null,
      ...(this.settings.dailyLimit == null ? {} : this.dailyFigures()),
    };
  }

  private get zone(): string {
    return this.settings.resetTimezone ?? 'UTC';
  }

  private figures(): Record<string, number> {
    const { limit } = this.settings;
    const remaining = limit == null ? 0 : creditUnits(limit) - this.used - this.reserved;
    return { remaining_credits: creditNumber(remaining), used_credits: creditNumber(this.used) };
  }

  private dailyFigures(): Record<string, unknown> {
    return {
      daily_limit_credits: Number(this.settings.dailyLimit),
      daily_used_credits: creditNumber(this.today()),
      reset_timezone: this.zone,
    };
  }

  private today(): number {
    const day = dayIn(this.zone, this.now());
    if (day !== this.day) {
      this.day = day;
      this.dayUnits = 0;
    }
    return this.dayUnits;
  }
}

function dayIn(timeZone: string, at: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone }).format(at);
}
