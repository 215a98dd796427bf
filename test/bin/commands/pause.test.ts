import { SETTINGS_KEY } from '../../../domain/settings';
import { MemoryTable } from '../../support/memory-table';
import { cli, NOW } from './cli';

const since = NOW.toISOString();

describe('pause and resume', () => {
  test('set and remove the stop, and say what they did', async () => {
    const table = new MemoryTable();

    const paused = await cli(['pause', '--reason', 'a loop in the shop'], { table });
    expect(paused).toMatchObject({ exitCode: 0, err: '' });
    expect(paused.out).toMatch(/^Paused \(a loop in the shop\)\. New jobs fail as PipelinePaused.*\n.*resume\n$/);
    expect(table.item(SETTINGS_KEY)).toMatchObject({ paused: { since, reason: 'a loop in the shop' } });

    const again = await cli('pause', { table });
    expect(again.exitCode).toBe(0);
    expect(again.out).toMatch(/^It was paused already, since .* \(a loop in the shop\)\. Nothing was changed\.\n$/);

    const resumed = await cli('resume', { table });
    expect(resumed.exitCode).toBe(0);
    expect(resumed.out).toMatch(/^Resumed\. It was paused since .* \(a loop in the shop\)\./);
    expect(table.item(SETTINGS_KEY)).not.toHaveProperty('paused');

    const resumedAgain = await cli('resume', { table });
    expect(resumedAgain).toMatchObject({ exitCode: 0, out: 'It was not paused. Nothing was changed.\n' });
  });

  test('as JSON', async () => {
    const table = new MemoryTable();
    const json = async (line: string) => JSON.parse((await cli(line, { table })).out) as unknown;

    expect(await json('pause --json --reason loop')).toEqual({ paused: true, changed: true, since, reason: 'loop' });
    expect(await json('pause --json')).toEqual({ paused: true, changed: false, since, reason: 'loop' });
    expect(await json('resume --json')).toEqual({ paused: false, changed: true, ended: { since, reason: 'loop' } });
    expect(await json('resume --json')).toEqual({ paused: false, changed: false });
  });

  test.each([[''], ['   '], ['x'.repeat(201)], ['two\nlines'], ['\u001b[31mred']])(
    'a reason such as %j is refused before anything is changed',
    async (reason) => {
      const table = new MemoryTable();

      expect((await cli(['pause', `--reason=${reason}`], { table })).exitCode).toBe(2);
      expect(table.commands).toEqual([]);
    },
  );
});
