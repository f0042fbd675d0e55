// How many words a text has and how long it is to read, as annotation/reading.py counts them.

export function wordsOf(text: string): number {
  return text.split(/\s+/u).filter((word) => word !== "").length;
}

export function readingTime(words: number, perMinute: number): string {
  const seconds = Math.floor((words * 60) / perMinute);
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
}
