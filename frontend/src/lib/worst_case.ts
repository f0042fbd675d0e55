// The worst case of wages.rates.publishing, in whole micro-units, rounded up once:
// (ballots x 1.1 x max(lease limit x hourly rate with all premiums, price of a piece) + overhead) x (1 + fees)

const MS_PER_HOUR = 3_600_000n;

// Amounts are micro-units as text, as they may be above what a number holds.
export interface Planned {
  ballots: number;
  hourly: string;
  premium_permille: number;
  piece: string;
  overhead: string;
  fees_permille: number;
  currency: string;
  digits: number;
}

export const NOTHING: Planned = {
  ballots: 0, hourly: "0", premium_permille: 0, piece: "0", overhead: "0", fees_permille: 0, currency: "", digits: 2,
};

// Returns null while what was entered is no amount or no number of minutes.
export function worstCaseMicro(planned: Planned, rate: string | null, minutes: string | null): bigint | null {
  const hourly = rate === null ? BigInt(planned.hourly) : microOf(rate);
  if (hourly === null || hourly === 0n || minutes === null || !/^\d{1,4}$/u.test(minutes)) return null;
  const highest = hourly + ceilDiv(hourly * BigInt(planned.premium_permille), 1000n);
  const [time, piece] = [BigInt(minutes) * 60_000n * highest, BigInt(planned.piece) * MS_PER_HOUR];
  const ballots = BigInt(planned.ballots) * 11n * (time > piece ? time : piece);
  const work = ballots + BigInt(planned.overhead) * 10n * MS_PER_HOUR;
  return ceilDiv(work * BigInt(1000 + planned.fees_permille), 10n * MS_PER_HOUR * 1000n);
}

function ceilDiv(part: bigint, whole: bigint): bigint {
  return (part + whole - 1n) / whole;
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
