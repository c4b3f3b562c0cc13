const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/;
const RADIX = /^([-+]?)0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const MAX_UINT64 = 2 ** 64;

/**
 * The number that a plain scalar is for `go.yaml.in/yaml/v2` (resolve.go): decimal, `0x`, `0b`, `0o` and C's leading-zero octal, underscores
 * anywhere after the first digit; no sexagesimals. `.inf` and `.nan` are not numbers here, since JSON has none.
 */
export function resolveNumber(source: string): number | undefined {
  const plain = source.includes('_') && !source.startsWith('.') ? source.replaceAll('_', '') : source;
  // `+ 0` makes 0 of -0, as Go's integers do.
  if (DECIMAL.test(plain)) return finite(Number(plain));
  const radix = RADIX.exec(plain);
  if (radix) {
    const digits = radix[2] ?? '';
    const value = /^[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(`0${digits.toLowerCase()}`);
    return value < MAX_UINT64 ? (radix[1] === '-' ? -value : value) + 0 : undefined;
  }
  return FLOAT.test(plain) ? finite(Number(plain)) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value + 0 : undefined;
}
