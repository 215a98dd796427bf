import fc from 'fast-check';
import { SimulatorClock } from '../../../local/simulator/clock';

describe('a manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = new SimulatorClock('manual');
    const before = clock.now();
    clock.advance(86_400_000);
    expect(clock.now() - before).toBe(86_400_000);
  });

  it('runs events in the order of their times, each at its own time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (delays) => {
        const clock = new SimulatorClock('manual');
        const start = clock.now();
        const seen: number[] = [];
        for (const delay of delays) clock.after(delay, () => seen.push(clock.now() - start));
        clock.advance(1000);
        expect(seen).toEqual([...delays].sort((a, b) => a - b));
      }),
    );
  });

  it('runs what an event starts, if it is due on the way', () => {
    const clock = new SimulatorClock('manual');
    const seen: string[] = [];
    clock.after(10, () => {
      seen.push('first');
      clock.after(10, () => seen.push('second'));
      clock.after(100, () => seen.push('too late'));
    });
    clock.advance(50);
    expect(seen).toEqual(['first', 'second']);
  });

  it('forgets its events when it is cleared', () => {
    const clock = new SimulatorClock('manual');
    const run = jest.fn();
    clock.after(1, run);
    clock.clear();
    clock.advance(10);
    expect(run).not.toHaveBeenCalled();
  });

  it.each([-1, 0.5, Number.NaN])('refuses to move by %p', (ms) => {
    expect(() => new SimulatorClock('manual').advance(ms)).toThrow(RangeError);
  });
});

describe('a running clock', () => {
  it('runs events by itself', async () => {
    const clock = new SimulatorClock('running');
    const keepAlive = setTimeout(() => undefined, 5000);
    await clock.wait(5);
    clearTimeout(keepAlive);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
  });

  it('can be moved ahead of real time', () => {
    const clock = new SimulatorClock('running');
    const run = jest.fn();
    clock.after(3_600_000, run);
    clock.advance(3_600_000);
    expect(run).toHaveBeenCalledTimes(1);
    expect(clock.now() - Date.now()).toBeGreaterThan(3_599_000);
    clock.clear();
  });
});
