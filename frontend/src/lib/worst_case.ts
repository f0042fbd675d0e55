// The worst case of wages.rates.publishing, in whole micro-units: ballots x 1.1 x lease limit x hourly rate, rounded up.

export interface Planned {
  ballots: number;
  hourly: number;
  currency: string;
  digits: number;
}

// Returns null while what was entered is no amount or no number of minutes.
export function worstCaseMicro(planned: Planned, rate: string | null, minutes: string | null): bigint | null {
  const hourly = rate === null ? BigInt(planned.hourly) : microOf(rate);
  if (hourly === null || hourly === 0n || minutes === null || !/^\d{1,4}$/u.test(minutes)) return null;
  const product = BigInt(planned.ballots) * 11n * BigInt(minutes) * hourly;
  return (product + 599n) / 600n;
}

export function microOf(amount: string): bigint | null {
  const found = /^(\d{1,9})(?:\.(\d{1,6}))?$/u.exec(amount);
  if (!found) return null;
  return BigInt(found[1] ?? "0") * 1_000_000n + BigInt((found[2] ?? "").padEnd(6, "0"));
}

// Rounded up to the currency's smallest unit, as what is asked for is never less than what is needed.
export function shownAmount(micro: bigint, currency: string, digits: number): string {
  const unit = 10n ** BigInt(6 - digits);
  const minor = (micro + unit - 1n) / unit;
  const text = minor.toString().padStart(digits + 1, "0");
  const whole = BigInt(digits ? text.slice(0, -digits) : text).toLocaleString("en");
  return `${currency} ${whole}${digits ? `.${text.slice(-digits)}` : ""}`;
}
