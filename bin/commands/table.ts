/** Plain text in columns. */

export interface Column {
  /** @default - no line of headings, if no column has one */
  readonly heading?: string;
  /** @default left */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Lines without ends. Numbers with decimals stand below each other if they have as many of them. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const headings = columns.some(({ heading }) => heading) ? [columns.map(({ heading = '' }) => heading)] : [];
  const cells = [...headings, ...rows].map((row) => row.map(printable));
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => length(row[index] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - length(cell));
        return columns[index]?.align === 'right' ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** Whole numbers in groups of three, for people. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** What others wrote must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

const length = (text: string): number => Array.from(text).length;
