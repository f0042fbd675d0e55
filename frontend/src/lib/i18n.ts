// The texts of annotators' pages in the reader's language: annotation/page_texts.py holds them, the page carries them.

type Values = Record<string, string | number>;

let texts: Record<string, string> | null = null;

/**
 * Return the text of `key` with its {values} put in. Where a value `n` is given and the key counts, `<key>.one` or
 * `<key>.other` is used. A key without a text is returned itself, so that a gap shows and nothing breaks.
 */
export function t(key: string, values: Values = {}): string {
  const text = counted(key, values) ?? lookup(key) ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function counted(key: string, values: Values): string | undefined {
  if (typeof values["n"] !== "number") return undefined;
  return lookup(`${key}.${new Intl.PluralRules(document.documentElement.lang || "en").select(values["n"])}`) ?? lookup(`${key}.other`);
}

function lookup(key: string): string | undefined {
  texts ??= JSON.parse(document.getElementById("page-texts")?.textContent ?? "{}") as Record<string, string>;
  return texts[key];
}

/** Forget what was read: for tests, and for a page that was swapped for one in another language. */
export function forgetTexts(): void {
  texts = null;
}
