import type { Ranking } from "./ranking";

/**
 * The ranking in the making, kept in this browser until it is sent: a reload, a crash or an expired session loses
 * nothing. One is kept, that of the newest lease; it never leaves the browser.
 */
const SLOT = "byhand.draft";

interface Draft {
  lease: string;
  groups: number[][];
  unacceptable: number[];
  note: string;
}

export function keepDraft(lease: string, ranking: Ranking, note: string): void {
  const draft: Draft = { lease, groups: ranking.groups, unacceptable: ranking.unacceptable, note };
  try {
    localStorage.setItem(SLOT, JSON.stringify(draft));
  } catch {
    // A full or closed store: the page itself still holds the ranking.
  }
}

export function dropDraft(): void {
  localStorage.removeItem(SLOT);
}

/** Put a kept draft of this lease into an empty ranking. Returns its note, or null when nothing fits. */
export function resumeDraft(lease: string, ranking: Ranking): string | null {
  const draft = read();
  if (draft?.lease !== lease || !fits(draft, ranking.unplaced)) return null;
  for (const group of draft.groups) {
    group.forEach((index, at) => {
      ranking.place(index);
      if (at > 0) ranking.tie(index);
    });
  }
  for (const index of draft.unacceptable) ranking.refuse(index);
  return draft.note;
}

function read(): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(SLOT) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

/** Whether the draft names answers of this item alone, each once. */
function fits(draft: Draft, indexes: readonly number[]): boolean {
  const named = [...draft.groups.flat(), ...draft.unacceptable];
  return new Set(named).size === named.length && named.every((index) => indexes.includes(index));
}
