/** Numbers as a reader wants them: three significant digits, no needless zeros, a true minus sign. */

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export function formatValue(value: number, digits = 3): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const magnitude = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (magnitude >= 1e5 || magnitude < 1e-3) {
    const [mantissa, exponent] = magnitude.toExponential(digits - 1).split("e") as [string, string];
    return `${sign}${trim(mantissa)}×10${superscript(Number(exponent))}`;
  }
  return sign + trim(magnitude >= 10 ** digits ? magnitude.toFixed(0) : magnitude.toPrecision(digits));
}

function trim(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

function superscript(n: number): string {
  const digits = String(Math.abs(n)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!);
  return n < 0 ? `⁻${digits}` : digits;
}

/** 0.9968 → "99.7 %"; never rounds something short of everything up to 100, nor something above nothing to 0. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent < 100 && percent > 99.9) return "> 99.9 %";
  return `${percent.toFixed(1)} %`;
}

/** A share of a sum, which may be below nothing and above everything. */
export function formatSignedShare(share: number): string {
  const percent = (share * 100).toFixed(1);
  return `${percent === "-0.0" ? "0.0" : percent.replace("-", "−")} %`;
}
