/** Finds a phrase in texts: letter case and the kind of white space do not matter. Pure. */
export interface Hit {
  start: number;
  end: number;
}

const SPECIAL = /[.*+?^${}()|[\]\\/]/g;

export function findAll(text: string, phrase: string): Hit[] {
  const wanted = phrase.trim();
  if (!wanted) return [];
  const pattern = wanted.replace(SPECIAL, "\\$&").replace(/\s+/g, "\\s+");
  return Array.from(text.matchAll(new RegExp(pattern, "giu")), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}
