// A button that copies a text, shown only where the browser can.
//
//   <span data-controller="copy" data-copy-text-value="9f2c…"><code>9f2c…</code>
//     <button class="button button--quiet" type="button" hidden data-copy-target="button" data-action="copy#copy">Copy</button>
//   </span>
import { Controller } from "@hotwired/stimulus";

export default class extends Controller<HTMLElement> {
  static override targets = ["button"];
  static override values = { text: String };

  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly textValue: string;

  override connect(): void {
    this.buttonTarget.hidden = !("clipboard" in navigator);
  }

  async copy(): Promise<void> {
    await navigator.clipboard.writeText(this.textValue);
    this.buttonTarget.textContent = "Copied";
  }
}
