/**
 * What proves that the page is there: one beat every 15 s, on a slow or metered link one a minute within 200 bytes.
 * Beats that could not be sent are kept thinly and go with the next one, each at the time when it was due: the pay is
 * the same for any spacing up to 20 minutes. Pure: knows neither the page nor the network.
 */
export const BEAT_MS = 15_000;
export const SLOW_BEAT_MS = 60_000;
export const BYTES_A_MINUTE = 200;
const SPACING_MS = 18 * 60_000;

export interface Beat {
  token: string;
  tab: string;
  seq: number;
  elapsed_ms: number;
  work?: string;
  missed?: [number, number][];
}

/** Beats of an outage, thinned so that no two neighbours are further apart than the rules allow. */
export class Missed {
  private beats: [number, number][] = [];

  get some(): boolean {
    return this.beats.length > 0;
  }

  add(seq: number, elapsed: number): void {
    const before = this.beats.at(-2);
    if (before && elapsed - before[1] <= SPACING_MS) this.beats.pop();
    this.beats.push([seq, elapsed]);
  }

  take(): [number, number][] {
    const taken = this.beats;
    this.beats = [];
    return taken;
  }

  giveBack(beats: [number, number][]): void {
    this.beats = [...beats, ...this.beats];
  }
}

/** How long to wait after a body of so many bytes, so that a minute never carries more than 200. */
export function pauseAfter(bytes: number, slow: boolean): number {
  return slow ? Math.max(SLOW_BEAT_MS, Math.ceil((bytes / BYTES_A_MINUTE) * 60_000)) : BEAT_MS;
}

/** Leave out what the server knows already: the item on screen is told again only when it changed. */
export function compose(beat: Beat & { focused: boolean }, slow: boolean, told: string): string {
  const { work, focused, missed, ...core } = beat;
  const said: Partial<Beat> = {};
  if (missed?.length) said.missed = missed;
  const room = !slow || (work !== told && !said.missed);
  if (work && focused && room) said.work = work; // naming it says that it has the focus
  return JSON.stringify({ ...core, ...said });
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
