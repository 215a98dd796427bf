import { parseCredits } from '../../domain/credits';

/** More digits before the point than this may be beyond what a number holds exactly, in credit units. */
const MAX_WHOLE_DIGITS = 11;

/**
 * EvoLink's decimal text as credit units (10⁻⁴ credit). A balance may be below zero, which counts as empty; one without
 * a limit may be printed as a number beyond all credits there are, which counts as the largest that can be held.
 */
export function units(text: string): number {
  if (text.startsWith('-')) return 0;
  const [whole = '', fraction = ''] = text.split('.');
  const digits = whole.replace(/^0+(?=\d)/, '');
  if (digits.length > MAX_WHOLE_DIGITS) return Number.MAX_SAFE_INTEGER;
  return parseCredits(`${digits}.${fraction.slice(0, 4) || '0'}`, 'down');
}
