/**
 * The simulator's time. Everything that EvoLink does "after a while" is an event on this clock, so a test can jump over
 * a day in no time and see what happened on the way in its right order.
 */

interface ClockEvent {
  readonly at: number;
  readonly run: () => void;
}

/** Node's timers overflow above 2^31 - 1 ms; a longer wait is made of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

export class SimulatorClock {
  /** `running`: simulated time minus real time. `manual`: the simulated time itself. */
  private offset: number;
  private readonly events: ClockEvent[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `running` follows real time and can be moved ahead; `manual` stands still between two calls of `advance`. */
  constructor(private readonly mode: 'running' | 'manual' = 'running') {
    this.offset = mode === 'manual' ? Date.now() : 0;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.mode === 'manual' ? this.offset : Date.now() + this.offset;
  }

  /** Moves ahead; every event on the way runs at its own time, in order, before this returns. */
  advance(ms: number): void {
    if (!Number.isSafeInteger(ms) || ms < 0) {
      throw new RangeError(`The clock moves ahead by whole milliseconds, got ${ms}.`);
    }
    const target = this.now() + ms;
    this.runUntil(target);
    this.moveTo(target);
    this.arm();
  }

  /** Runs `run` in `ms` from now, also when that is 0: never before the caller has returned. */
  after(ms: number, run: () => void): void {
    const event = { at: this.now() + Math.max(0, ms), run };
    // Most events come in order of time, so the search from the end is short.
    let index = this.events.length;
    while (index > 0 && this.events[index - 1].at > event.at) index--;
    this.events.splice(index, 0, event);
    this.arm();
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Forgets every event that has not happened yet. */
  clear(): void {
    this.events.length = 0;
    clearTimeout(this.timer);
  }

  private runUntil(target: number): void {
    while (this.events.length > 0 && this.events[0].at <= target) {
      const event = this.events.shift()!;
      this.moveTo(event.at);
      event.run();
    }
  }

  /** Never backwards: an event that is late runs at the present time. */
  private moveTo(time: number): void {
    this.offset += Math.max(0, time - this.now());
  }

  private arm(): void {
    clearTimeout(this.timer);
    if (this.mode === 'manual' || this.events.length === 0) return;
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(0, this.events[0].at - this.now()));
    this.timer = setTimeout(() => {
      this.runUntil(this.now());
      this.arm();
    }, wait);
    // The open server keeps a process alive; a task that is still "being generated" must not.
    this.timer.unref();
  }
}
