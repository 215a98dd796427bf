import * as fc from 'fast-check';
import type { DriftState, Look } from '../../../lambda/reconcile/drift';
import { compare } from '../../../lambda/reconcile/drift';

/** Within one month, unless a look says otherwise: there the month's ledger is all of it. */
function aLook(look: Partial<Look> = {}): Look {
  const { ledgerUsed = 1_000 } = look;
  return { at: 1, month: '2026-11', providerUsed: 5_000, held: 0, ledgerThisMonth: ledgerUsed, ...look, ledgerUsed };
}

/** The drifts that a run of looks reports, and what is kept at its end. */
function run(looks: readonly Look[], state?: DriftState): { drifts: number[]; state?: DriftState } {
  const drifts: number[] = [];
  for (const look of looks) {
    const { drift, next } = compare(state, look);
    drifts.push(drift);
    state = next;
  }
  return { drifts, state };
}

const amount = fc.integer({ min: 0, max: 1_000_000 });

test('the first look is the start, whatever the figures are', () => {
  fc.assert(
    fc.property(amount, amount, amount, (providerUsed, ledgerUsed, held) => {
      const look = aLook({ at: 7, providerUsed, ledgerUsed, held });
      expect(compare(undefined, look)).toEqual({
        drift: 0,
        next: { since: 7, sinceMonth: '2026-11', providerUsed, ledgerUsed, heldAtStart: held, suspected: false },
      });
    }),
  );
});

describe('tasks that run are no drift', () => {
  /**
   * What really happens: tasks open and end; EvoLink counts a task at any moment between its start and its booking, in
   * full, also before our first look.
   */
  const task = fc.record({
    hold: fc.integer({ min: 1, max: 10_000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    opens: fc.nat({ max: 20 }),
    charged: fc.nat({ max: 10 }),
    books: fc.nat({ max: 10 }),
  });

  test('however they overlap with the looks, and with the first of them', () => {
    fc.assert(
      fc.property(
        fc.array(task, { maxLength: 25 }),
        fc.nat({ max: 20 }),
        fc.nat({ max: 50_000 }),
        (tasks, first, base) => {
          const looks: Look[] = [];
          for (let at = first; at <= 45; at++) {
            const look = { at, month: '2026-11', providerUsed: base, ledgerUsed: 0, held: 0 };
            for (const { hold, share, opens, charged, books } of tasks) {
              const used = Math.floor(hold * share);
              const chargedAt = opens + Math.min(charged, books);
              if (at >= chargedAt) look.providerUsed += used;
              if (at >= opens && at < opens + books) look.held += hold;
              if (at >= opens + books) look.ledgerUsed += used;
            }
            looks.push({ ...look, ledgerThisMonth: look.ledgerUsed });
          }
          expect(run(looks).drifts).toEqual(looks.map(() => 0));
        },
      ),
    );
  });

  test('the range reaches from what was held at the start to what is held now, both included', () => {
    const { state } = run([aLook({ held: 300 })]);
    for (const [ahead, held, drift] of [
      [-300, 40, 0],
      [-301, 40, 1],
      [40, 40, 0],
      [41, 40, 1],
    ] as const) {
      const look = aLook({ providerUsed: 5_000 + ahead, held });
      expect(run([look, look], state).drifts).toEqual([0, drift]);
    }
  });
});

test('a difference that nobody explains is reported from the second look on, to the unit', () => {
  fc.assert(
    fc.property(amount, fc.nat({ max: 10_000 }), fc.integer({ min: 1, max: 1_000_000 }), (spent, held, behind) => {
      const start = aLook();
      const now = aLook({ providerUsed: 5_000 + spent + held + behind, ledgerUsed: 1_000 + spent, held });
      expect(run([start, now, now, now]).drifts).toEqual([0, 0, behind, behind]);
    }),
  );
});

test('a ledger ahead of EvoLink is drift as well, and not below zero', () => {
  const looks = [aLook(), aLook({ ledgerUsed: 1_250 }), aLook({ ledgerUsed: 1_250 })];
  expect(run(looks).drifts).toEqual([0, 0, 250]);
});

test('a difference that only one look saw never flaps', () => {
  const odd = aLook({ providerUsed: 5_001 });
  expect(run([aLook(), odd, aLook(), odd, aLook(), odd]).drifts).toEqual([0, 0, 0, 0, 0, 0]);
});

describe('exactly 0 when nothing is open', () => {
  test('the slack of the start ends with the first quiet look: from then on one unit is drift', () => {
    const { state } = run([aLook({ held: 300 }), aLook({ providerUsed: 4_900, month: '2026-12', at: 2 })]);
    expect(state).toMatchObject({ heldAtStart: 0, providerUsed: 4_900, sinceMonth: '2026-12', since: 2 });
    for (const providerUsed of [4_899, 4_901]) {
      const look = aLook({ providerUsed });
      expect(run([look, look], state).drifts).toEqual([0, 1]);
    }
  });

  test('the slack stays while anything is open', () => {
    const { state } = run([aLook({ held: 300 }), aLook({ providerUsed: 4_900, held: 1 })]);
    expect(state).toMatchObject({ heldAtStart: 300, providerUsed: 5_000 });
  });

  test('a drift is not forgotten by a quiet look', () => {
    const drifted = aLook({ providerUsed: 5_001 });
    const { drifts, state } = run([aLook(), ...Array.from({ length: 10 }, () => drifted)]);
    expect(drifts.slice(2)).toEqual(Array.from({ length: 9 }, () => 1));
    expect(state).toMatchObject({ since: 1, providerUsed: 5_000, suspected: true });
  });

  test('figures that agree move the start forward, so that old months need not be read again', () => {
    const later = aLook({ at: 9, month: '2027-02', providerUsed: 5_600, ledgerUsed: 1_600, ledgerThisMonth: 70 });
    expect(run([aLook(), later]).state).toEqual({
      ...{ since: 9, sinceMonth: '2027-02', providerUsed: 5_600, ledgerUsed: 70 },
      ...{ heldAtStart: 0, suspected: false },
    });
  });
});
