/**
 * What a pressed key means, whatever the layout of the keyboard: letters without regard to Caps Lock, the Latin letter
 * of the same key where another script is typed, and digits where the layout puts them behind Shift. Pure.
 */
export function meaningOf(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const { key, code, shiftKey } = event;
  if ([...key].length > 1) return key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit && !shiftKey) return digit;
  const letter = /^[a-z]$/i.test(key) ? key : key > "~" ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
  if (!letter) return key;
  return shiftKey ? letter.toUpperCase() : letter.toLowerCase();
}
