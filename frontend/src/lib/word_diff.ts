/**
 * The words that two texts share and those that only one has, by the shortest edit script (Myers 1986, "An O(ND)
 * Difference Algorithm and Its Variations"). Pure. Texts too different to compare within `most` edits give null.
 */
export interface Piece {
  kind: "same" | "gone" | "new";
  text: string;
}

/** Words with the white space after them; each character of a script without spaces counts as a word. */
export function wordsOf(text: string): string[] {
  return text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]|[\p{L}\p{N}\p{M}_'’]+|\s+|[^]/gu) ?? [];
}

export function diffWords(from: string, to: string, most = 1500): Piece[] | null {
  const a = wordsOf(from);
  const b = wordsOf(to);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = edits(a.slice(head, a.length - tail), b.slice(head, b.length - tail), most);
  if (middle === null) return null;
  return joined([...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]);
}

function same(words: readonly string[]): Piece[] {
  return words.map((text) => ({ kind: "same", text }));
}

/** Walk the furthest-reaching paths of 0, 1, 2 … edits, then back along the one that arrived. */
function edits(a: readonly string[], b: readonly string[], most: number): Piece[] | null {
  const trace: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let d = 0; d <= Math.min(most, a.length + b.length); d += 1) {
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(a, b, [...trace, furthest]);
    }
    trace.push(furthest);
    furthest = next;
  }
  return null;
}

function back(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Piece[] {
  const pieces: Piece[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const furthest = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const beforeK = down ? k + 1 : k - 1;
    const beforeX = furthest.get(beforeK) ?? 0;
    const beforeY = beforeX - beforeK;
    while (x > Math.max(beforeX, 0) && y > Math.max(beforeY, 0) && a[x - 1] === b[y - 1]) {
      pieces.push({ kind: "same", text: a[--x]! });
      y -= 1;
    }
    if (d === 0) break;
    pieces.push(down ? { kind: "new", text: b[--y]! } : { kind: "gone", text: a[--x]! });
  }
  return pieces.reverse();
}

function joined(pieces: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else out.push({ ...piece });
  }
  return out;
}
