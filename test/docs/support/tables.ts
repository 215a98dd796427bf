/** Cells of the first table below a heading of a document, its head aside. */
export function tableBelow(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [, lines = ''] = /((?:^\|.*\n)+)/m.exec(section) ?? [];
  const rows = lines.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
