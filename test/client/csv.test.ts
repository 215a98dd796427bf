import fc from 'fast-check';
import { type CsvCell, csvLine } from '../../client/csv';

/** A reader of RFC 4180 that knows nothing of the writer. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < csv.length;) {
    let cell = '';
    if (csv[at] === '"') {
      for (at++; csv[at] !== '"' || csv[at + 1] === '"'; at++) {
        if (at >= csv.length) throw new Error('a quote is never closed');
        if (csv[at] === '"') at++;
        cell += csv[at];
      }
      at++;
    } else {
      while (at < csv.length && csv[at] !== ',' && !csv.startsWith('\r\n', at)) {
        if (/["\r\n]/.test(csv[at] ?? '')) throw new Error('a cell without quotes holds what needs them');
        cell += csv[at++];
      }
    }
    row.push(cell);
    if (csv[at] === ',') {
      at++;
    } else if (csv.startsWith('\r\n', at)) {
      at += 2;
      rows.push(row);
      row = [];
    } else {
      throw new Error(`neither a comma nor the end of a line: ${csv.slice(at, at + 20)}`);
    }
  }
  return rows;
}

/** What spreadsheets take for the beginning of a formula, or skip before one. */
const DANGEROUS = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom(...DANGEROUS, ' =', '  -', '"=', ',', ';', "'"), fc.string({ unit: 'grapheme' }))
    .map(([start, rest]) => start + rest),
);

describe('csvLine', () => {
  test('is read back as it was written, apostrophes of dangerous cells aside', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (cells) => {
        const [row = [], ...others] = parse(csvLine(cells));

        expect(others).toEqual([]);
        expect(row).toHaveLength(cells.length);
        for (const [index, cell] of row.entries()) expect([cells[index], `'${cells[index]}`]).toContain(cell);
      }),
    );
  });

  test('no cell of text begins like a formula, also behind blanks', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (cells) => {
        for (const cell of parse(csvLine(cells))[0] ?? []) {
          expect(DANGEROUS).not.toContain(cell[0]);
          expect(DANGEROUS).not.toContain(cell.trimStart()[0]);
        }
      }),
    );
  });

  test.each([
    ['=HYPERLINK("https://x.example","y")', `"'=HYPERLINK(""https://x.example"",""y"")"\r\n`],
    ['+1', "'+1\r\n"],
    ['-1+1', "'-1+1\r\n"],
    ['@SUM(A1)', "'@SUM(A1)\r\n"],
    ['\tx', '"\'\tx"\r\n'],
    ['\rx', '"\'\rx"\r\n'],
    ['  =1', "'  =1\r\n"],
    ['＝1', "'＝1\r\n"],
    // A sheet that splits at semicolons must not find a cell of its own in here.
    ['a;=1', '"a;=1"\r\n'],
    ['a-1', 'a-1\r\n'],
    ['say "hi"', '"say ""hi"""\r\n'],
    ['a,b', '"a,b"\r\n'],
    ['', '\r\n'],
  ])('%j', (cell, expected) => {
    expect(csvLine([cell])).toBe(expected);
  });

  test('numbers stay numbers, also negative ones', () => {
    const cells: CsvCell[] = [3, -3, 0, { decimal: '-3.2241' }, { decimal: '55.5804' }, undefined];

    expect(csvLine(cells)).toBe('3,-3,0,-3.2241,55.5804,\r\n');
  });

  test.each([NaN, Infinity, { decimal: '=1' }, { decimal: '1e3' }, { decimal: '' }])('%p is no number', (cell) => {
    expect(() => csvLine([cell])).toThrow(RangeError);
  });
});
