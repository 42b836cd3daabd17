/**
 * Formatters of numbers, each made once: making one takes longer than drawing a frame, and they are asked for in each.
 */

const formats = new Map<string, Intl.NumberFormat>();

/** The formatter of `locale` with exactly so many decimals. */
export function withDecimals(
  locale: string,
  digits: number
): Intl.NumberFormat {
  return kept(`${locale} ${digits}`, locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  });
}

/** Percent with two decimals and its sign. */
export function asChange(locale: string): Intl.NumberFormat {
  return kept(`${locale} change`, locale, {
    style: 'percent',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero'
  });
}

/** Large numbers in a few characters. */
export function compact(locale: string): Intl.NumberFormat {
  return kept(`${locale} compact`, locale, {
    notation: 'compact',
    maximumFractionDigits: 2
  });
}

function kept(
  key: string,
  locale: string,
  options: Intl.NumberFormatOptions
): Intl.NumberFormat {
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, options);
    formats.set(key, format);
  }
  return format;
}
