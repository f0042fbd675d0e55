// Counts the words of a text as it is written, and says how long it is to read.
//
//   <section data-controller="words" data-words-per-minute-value="200">
//     <textarea data-words-target="text" data-action="words#count"></textarea>
//     <span data-words-target="words">0</span> words, <span data-words-target="minutes">0 s</span>
//   </section>
import { Controller } from "@hotwired/stimulus";

import { readingTime, wordsOf } from "../lib/reading";

export default class extends Controller<HTMLElement> {
  static override targets = ["text", "words", "minutes"];
  static override values = { perMinute: Number };

  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly wordsTarget: HTMLElement;
  declare readonly minutesTarget: HTMLElement;
  declare readonly perMinuteValue: number;

  override connect(): void {
    this.count(); // what was typed before this ran
  }

  count(): void {
    const words = wordsOf(this.textTarget.value);
    this.wordsTarget.textContent = words.toLocaleString("en");
    this.minutesTarget.textContent = readingTime(words, this.perMinuteValue);
  }
}
